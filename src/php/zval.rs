//! PHP's values as they lie in memory.
//!
//! The public iterators of ext-php-rs cost as much as writing the JSON does, so the encoder
//! walks hash tables by itself. Everything here reads; the one thing it writes is the mark by
//! which the engine notices that an array contains itself.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;

use ext_php_rs::ffi::{
    _Bucket, GC_IMMUTABLE, IS_ARRAY, IS_ARRAY_EX, IS_DOUBLE, IS_FALSE, IS_INDIRECT, IS_LONG,
    IS_NULL, IS_OBJECT, IS_REFERENCE, IS_RESOURCE, IS_STRING, IS_TRUE, IS_UNDEF,
    std_object_handlers, zend_array, zend_object, zend_standard_class_def, zend_string,
};
use ext_php_rs::types::Zval;

/// `GC_PROTECTED` of Zend/zend_types.h: the walk is inside this array.
const GC_PROTECTED: u32 = 1 << 5;
/// `HASH_FLAG_PACKED` of Zend/zend_types.h.
const HASH_FLAG_PACKED: u32 = 1 << 2;

/// What a zval holds.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    /// Nothing: a hole in an array, an uninitialised property.
    Undefined,
    Null,
    False,
    True,
    Long(i64),
    Double(f64),
    Text(&'a [u8]),
    Table(Table<'a>),
    /// An object; what it is made of is the engine's business.
    Object,
    /// A PHP reference and what it refers to.
    Reference(&'a Zval),
    /// A slot that stands elsewhere, as in symbol and property tables.
    Elsewhere(&'a Zval),
    Resource,
    /// What no PHP code can hold (constant expressions, internal pointers).
    Internal,
}

impl<'a> Value<'a> {
    /// What `zval` holds.
    #[inline(always)]
    pub(crate) fn of(zval: &'a Zval) -> Self {
        // SAFETY: `type_info` and `v` share their bytes; the type byte says which member of the
        // value is set, and the engine keeps what it points to alive while the zval is.
        unsafe {
            match u32::from(zval.u1.v.type_) {
                IS_STRING => Self::Text(text(zval.value.str_)),
                IS_LONG => Self::Long(zval.value.lval),
                IS_ARRAY => Self::Table(Table::new(zval.value.arr)),
                IS_NULL => Self::Null,
                IS_FALSE => Self::False,
                IS_TRUE => Self::True,
                IS_DOUBLE => Self::Double(zval.value.dval),
                IS_OBJECT => Self::Object,
                IS_REFERENCE => Self::Reference(&(*zval.value.ref_).val),
                IS_INDIRECT => Self::Elsewhere(&*zval.value.zv),
                IS_UNDEF => Self::Undefined,
                IS_RESOURCE => Self::Resource,
                _ => Self::Internal,
            }
        }
    }

    /// What `zval` holds once references are followed.
    pub(crate) fn behind(zval: &'a Zval) -> Self {
        match Self::of(zval) {
            Self::Reference(zval) | Self::Elsewhere(zval) => Self::behind(zval),
            value => value,
        }
    }

    /// The type, as PHP's own messages call it.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined | Self::Null => "null",
            Self::False | Self::True => "bool",
            Self::Long(_) => "int",
            Self::Double(_) => "float",
            Self::Text(_) => "string",
            Self::Table(_) => "array",
            Self::Object => "object",
            Self::Resource => "resource",
            Self::Reference(_) | Self::Elsewhere(_) | Self::Internal => "internal value",
        }
    }
}

/// The bytes of a string.
///
/// # Safety
/// `string` is one of the engine's, alive for `'a`.
#[inline(always)]
unsafe fn text<'a>(string: *const zend_string) -> &'a [u8] {
    // SAFETY: a zend_string ends in `len` bytes that begin at `val`; the pointer is the
    // caller's, not one to the one-byte array that the binding declares.
    unsafe { slice::from_raw_parts((&raw const (*string).val).cast::<u8>(), (*string).len) }
}

/// A PHP array.
///
/// It can't change under the walk: an array in a by-value argument is separated before anybody
/// writes to it, and whoever enters one through a reference holds it (see [`Held`]).
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    array: NonNull<zend_array>,
    alive: PhantomData<&'a Zval>,
}

/// What an array consists of, in order.
pub(crate) enum Entries<'a> {
    /// The values under the keys 0, 1, 2, …; holes are [`Value::Undefined`].
    Packed(&'a [Zval]),
    /// Values with keys; deleted ones are [`Value::Undefined`].
    Hash(&'a [Bucket]),
}

/// A value and its key.
#[repr(transparent)]
pub(crate) struct Bucket(_Bucket);

/// An array's key.
#[derive(Clone, Copy)]
pub(crate) enum Key<'a> {
    Index(i64),
    Text(&'a [u8]),
}

impl Bucket {
    /// The key.
    #[inline(always)]
    pub(crate) fn key(&self) -> Key<'_> {
        if self.0.key.is_null() {
            Key::Index(self.0.h.cast_signed())
        } else {
            // SAFETY: a bucket's key is null or a string that lives as long as the bucket.
            Key::Text(unsafe { text(self.0.key) })
        }
    }

    /// The value.
    #[inline(always)]
    pub(crate) const fn value(&self) -> &Zval {
        &self.0.val
    }
}

impl<'a> Table<'a> {
    /// # Safety
    /// `array` is one of the engine's, alive and unchanged for `'a`.
    #[inline(always)]
    unsafe fn new(array: *mut zend_array) -> Self {
        // SAFETY: the caller's promise: the pointer leads to an array.
        Self { array: unsafe { NonNull::new_unchecked(array) }, alive: PhantomData }
    }

    /// What tells it from other arrays.
    pub(crate) fn address(self) -> usize {
        self.array.addr().get()
    }

    /// How many values it has.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        // SAFETY: alive for 'a.
        unsafe { (*self.array.as_ptr()).nNumOfElements as usize }
    }

    /// What it consists of.
    #[inline(always)]
    pub(crate) fn entries(self) -> Entries<'a> {
        let array = self.array.as_ptr();
        // SAFETY: alive and unchanged for 'a. Of a packed array (PHP 8.2 or later) the first
        // `nNumUsed` slots are zvals, of any other they are buckets; `Bucket` is transparent.
        // A used slot means that there is memory of the array's own; without one the pointer may
        // lead to the engine's shared empty bucket, which is not aligned for either.
        unsafe {
            let used = (*array).nNumUsed as usize;
            if used == 0 {
                Entries::Packed(&[])
            } else if (*array).u.flags & HASH_FLAG_PACKED != 0 {
                Entries::Packed(slice::from_raw_parts((*array).__bindgen_anon_1.arPacked, used))
            } else {
                let buckets = (*array).__bindgen_anon_1.arData.cast::<Bucket>();
                Entries::Hash(slice::from_raw_parts(buckets, used))
            }
        }
    }

    /// Keys and values in order, without holes and with references and slots followed. For
    /// arguments and other short arrays.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Key<'a>, &'a Zval)> {
        let (packed, hash) = match self.entries() {
            Entries::Packed(values) => (values, [].as_slice()),
            Entries::Hash(buckets) => ([].as_slice(), buckets),
        };
        let packed = packed.iter().enumerate().map(|(i, value)| (Key::Index(i as i64), value));
        let hash = hash.iter().map(|bucket| (bucket.key(), bucket.value()));
        packed.chain(hash).filter(|(_, value)| !matches!(Value::behind(value), Value::Undefined))
    }

    /// Whether the engine (json_encode(), var_dump(), …) or a [`Frame`] is inside it already.
    #[inline(always)]
    fn is_protected(self) -> bool {
        // SAFETY: alive for 'a; `type_info` is a plain number.
        unsafe { (*self.array.as_ptr()).gc.u.type_info & GC_PROTECTED != 0 }
    }

    /// Sets or clears the mark that the walk is inside; immutable arrays are shared between
    /// processes and can't contain themselves.
    fn protect(self, on: bool) {
        // SAFETY: the pointer comes from the zval's union and not from a Rust reference; nobody
        // holds a reference to the header, and the engine is single-threaded per array.
        unsafe {
            let info = &raw mut (*self.array.as_ptr()).gc.u.type_info;
            if *info & GC_IMMUTABLE == 0 {
                *info = if on { *info | GC_PROTECTED } else { *info & !GC_PROTECTED };
            }
        }
    }
}

/// Keeps an array or object, which was reached through a reference, as it is: whoever writes to
/// it meanwhile (a `jsonSerialize()`) gets a copy.
pub(crate) struct Held(Zval);

impl Held {
    /// Holds what `zval` holds.
    pub(crate) fn new(zval: &Zval) -> Self {
        Self(zval.shallow_clone())
    }

    /// The properties of a `stdClass`; `None` for any other object, and for one that has no
    /// table of them (yet).
    pub(crate) fn of_std_class(object: &Zval) -> Option<Self> {
        let mut held = Zval::new();
        // SAFETY: an object's zval points to an object, alive while the zval is. Its table of
        // properties is null or an array, which is counted once more for the zval that then
        // holds it, unless it is one of those that are never counted.
        unsafe {
            let object = zend_object_of(object)?;
            let plain = (*object).ce == zend_standard_class_def
                && ptr::eq((*object).handlers, &raw const std_object_handlers);
            let properties = (*object).properties;
            if !plain || properties.is_null() {
                return None;
            }
            held.value.arr = properties;
            held.u1.type_info = if (*properties).gc.u.type_info & GC_IMMUTABLE != 0 {
                IS_ARRAY
            } else {
                (*properties).gc.refcount += 1;
                IS_ARRAY_EX
            };
        }
        Some(Self(held))
    }

    /// The value that is held.
    pub(crate) const fn zval(&self) -> &Zval {
        &self.0
    }
}

fn zend_object_of(zval: &Zval) -> Option<*mut zend_object> {
    // SAFETY: the type byte says whether the pointer is one to an object.
    unsafe { (u32::from(zval.u1.v.type_) == IS_OBJECT).then_some(zval.value.obj) }
}

/// An array that the walk is in, linked to those around it.
///
/// Only a reference or an object can lead back into one of them, so they are marked when one
/// of these is met and not before: arrays of plain values are never written to.
pub(crate) struct Frame<'a> {
    table: Table<'a>,
    above: Option<&'a Frame<'a>>,
    depth: u32,
    protected: Cell<bool>,
}

impl<'a> Frame<'a> {
    /// Enters `table`, found in `above`; `None` where the walk is inside it already.
    #[inline(always)]
    pub(crate) fn enter(table: Table<'a>, above: Option<&'a Frame<'a>>) -> Option<Self> {
        let depth = Self::depth(above) + 1;
        (!table.is_protected()).then(|| Self { table, above, depth, protected: Cell::new(false) })
    }

    /// How many arrays the walk is in.
    #[inline(always)]
    pub(crate) fn depth(innermost: Option<&Self>) -> u32 {
        innermost.map_or(0, |frame| frame.depth)
    }

    /// Marks all arrays that the walk is in, so that it and the engine notice a way back.
    pub(crate) fn protect(innermost: Option<&Self>) {
        let mut next = innermost;
        while let Some(frame) = next {
            if frame.protected.replace(true) {
                return; // and so is everything around it
            }
            frame.table.protect(true);
            next = frame.above;
        }
    }
}

impl Drop for Frame<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.protected.get() {
            self.table.protect(false);
        }
    }
}
