//! What only the engine can do: the calls into PHP that ext-php-rs has no wrapper for.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::slice;

use ext_php_rs::ffi::{
    GC_IMMUTABLE, IS_ARRAY, IS_ARRAY_EX, ZEND_ACC_ENUM, ext_php_rs_executor_globals,
    ext_php_rs_process_globals, ext_php_rs_zend_string_release, zend_array,
    zend_call_known_function, zend_fetch_function_str, zend_long, zend_object, zend_string,
};
use ext_php_rs::types::{ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, FunctionEntry, ModuleEntry, ce};

/// `JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION`
const JSON_OPTIONS: c_int = 1 << 6 | 1 << 8 | 1 << 10;

/// Deepest nesting that json_encode() writes by default.
pub(crate) const JSON_DEPTH: u32 = 512;

/// `smart_str` of Zend/zend_smart_str_public.h.
#[repr(C)]
struct SmartStr {
    string: *mut zend_string,
    allocated: usize,
}

impl SmartStr {
    const EMPTY: Self = Self { string: ptr::null_mut(), allocated: 0 };

    /// What was written so far.
    fn bytes(&self) -> &[u8] {
        if self.string.is_null() {
            return &[];
        }
        // SAFETY: a non-null smart_str owns a string of which `len` bytes from `val` on are set.
        unsafe {
            let start = (&raw const (*self.string).val).cast::<u8>();
            slice::from_raw_parts(start, (*self.string).len)
        }
    }
}

impl Drop for SmartStr {
    fn drop(&mut self) {
        if !self.string.is_null() {
            // SAFETY: the string is ours alone and not used afterwards.
            unsafe { ext_php_rs_zend_string_release(self.string) }
        }
    }
}

unsafe extern "C" {
    /// ext/spl/spl_exceptions.h
    static spl_ce_RuntimeException: *mut ClassEntry;
    /// ext/json/php_json.h
    static php_json_serializable_ce: *mut ClassEntry;
    /// ext/json/php_json.h
    fn php_json_encode_ex(
        buffer: *mut SmartStr,
        value: *mut Zval,
        options: c_int,
        depth: zend_long,
    ) -> c_int;
    /// Zend/zend_object_handlers.h
    fn zend_get_properties_for(object: *mut Zval, purpose: c_int) -> *mut zend_array;
    /// main/php_ini.h
    fn display_ini_entries(module: *mut ModuleEntry);
    /// Zend/zend_ini.h
    fn zend_ini_string_ex(
        name: *const c_char,
        length: usize,
        original: c_int,
        exists: *mut bool,
    ) -> *const c_char;
}

/// Why the engine could not write a value as JSON.
pub(crate) enum JsonError {
    /// PHP code that it ran threw; the exception is pending and belongs to the caller.
    Thrown,
    /// What `json_last_error_msg()` says.
    Message(String),
}

/// Appends `value` as json_encode() writes it, `depth` levels deep at most.
pub(crate) fn json_encode(value: &Zval, depth: u32, into: &mut Vec<u8>) -> Result<(), JsonError> {
    let mut held = value.shallow_clone();
    let mut json = SmartStr::EMPTY;
    // SAFETY: both pointers lead to values of the types that php_json.h declares, which outlive
    // the call; `held` keeps the value alive whatever PHP code does meanwhile.
    let result =
        unsafe { php_json_encode_ex(&raw mut json, &raw mut held, JSON_OPTIONS, depth.into()) };
    if exception_pending() {
        return Err(JsonError::Thrown);
    }
    // INF, and a property whose name is no UTF-8, are errors in spite of a good result.
    if result != 0 || call(c"json_last_error").is_none_or(|code| code.long() != Some(0)) {
        let message = call(c"json_last_error_msg").and_then(|text| text.string());
        return Err(JsonError::Message(message.unwrap_or_default()));
    }
    into.extend_from_slice(json.bytes());
    Ok(())
}

/// Calls a function of PHP's own that takes nothing; `None` where php.ini disables it.
fn call(function: &CStr) -> Option<Zval> {
    let mut result = Zval::new();
    // SAFETY: the name is a string of the length given; what is found is a function of the
    // engine's table, which outlives the call, and nothing else is asked for.
    unsafe {
        let function = zend_fetch_function_str(function.as_ptr(), function.count_bytes());
        if function.is_null() {
            return None;
        }
        zend_call_known_function(
            function,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut result,
            0,
            ptr::null_mut(),
            ptr::null_mut(),
        );
    }
    Some(result)
}

/// Whether the parts of an object can be asked for by [`object_form`], and are what
/// json_encode() writes. From PHP 8.4 on properties may have hooks, and objects be lazy, which only
/// the engine resolves.
pub(crate) fn is_ours_to_walk(object: &Zval) -> bool {
    !ext_php_rs::PHP_84 || is_json_serializable(object)
}

fn is_json_serializable(object: &Zval) -> bool {
    // SAFETY: the json extension is part of every PHP and starts before any that is loaded.
    let serializable = class(unsafe { php_json_serializable_ce });
    let own = object.object().map(ZendObject::get_class_entry);
    own.zip(serializable).is_some_and(|(class, serializable)| class.instance_of(serializable))
}

/// The walk asks an object for its form: marked as json_encode() marks it, so that one that
/// encodes itself meanwhile is told so.
pub(crate) struct Serializing(*mut zend_object);

/// `GC_PROTECTED` of Zend/zend_types.h.
const GC_PROTECTED: u32 = 1 << 5;

impl Serializing {
    /// Marks an object; `None` where it is marked already.
    pub(crate) fn enter(object: &Zval) -> Option<Self> {
        // From PHP 8.3 on the engine has a mark of its own for this.
        if ext_php_rs::PHP_83 || !is_json_serializable(object) {
            return Some(Self(ptr::null_mut()));
        }
        // SAFETY: an object's zval points to an object, which whoever calls holds for as long as
        // this lives; the pointer comes from the zval's union and not from a Rust reference.
        unsafe {
            let object = object.value.obj;
            let info = &raw mut (*object).gc.u.type_info;
            if *info & GC_PROTECTED != 0 {
                return None;
            }
            *info |= GC_PROTECTED;
            Some(Self(object))
        }
    }
}

impl Drop for Serializing {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: as above: the object is held for longer than this lives.
            unsafe { (*self.0).gc.u.type_info &= !GC_PROTECTED }
        }
    }
}

/// What json_encode() makes of an object.
pub(crate) enum ObjectForm {
    /// The value of an enum's case, if it has one.
    Enum,
    /// What its `jsonSerialize()` returned.
    Other(Zval),
    /// Its properties, private ones included: an array, or null where it has none.
    Properties(Zval),
    /// Its `jsonSerialize()` threw; the exception is pending.
    Thrown,
}

/// What json_encode() would make of `object`, by the rules of ext/json/json_encoder.c.
pub(crate) fn object_form(object: &Zval) -> ObjectForm {
    /// `ZEND_PROP_PURPOSE_JSON` of Zend/zend_object_handlers.h.
    const FOR_JSON: c_int = 4;
    let class = object.object().map(ZendObject::get_class_entry);
    if class.is_some_and(|class| class.ce_flags & ZEND_ACC_ENUM != 0) {
        return ObjectForm::Enum;
    }
    if let Some(this) = object.object()
        && is_json_serializable(object)
    {
        let called = this.try_call_method("jsonSerialize", vec![]);
        if exception_pending() {
            return ObjectForm::Thrown;
        }
        match called {
            // It may say: as I am.
            Ok(value) if object_address(&value) == object_address(object) => {}
            Ok(value) => return ObjectForm::Other(value),
            Err(_) => return ObjectForm::Thrown,
        }
    }
    let mut held = object.shallow_clone();
    let mut properties = Zval::new();
    // SAFETY: `held` is an object; the array that comes back is counted for us (but for the
    // immutable ones), or null, and `properties` gives it back when dropped.
    unsafe {
        let array = zend_get_properties_for(&raw mut held, FOR_JSON);
        if !array.is_null() {
            properties.value.arr = array;
            let immutable = (*array).gc.u.type_info & GC_IMMUTABLE != 0;
            properties.u1.type_info = if immutable { IS_ARRAY } else { IS_ARRAY_EX };
        }
    }
    ObjectForm::Properties(properties)
}

/// What tells an object from others; 0 for anything else.
pub(crate) fn object_address(zval: &Zval) -> usize {
    zval.object().map_or(0, |object| ptr::from_ref(object).addr())
}

/// Whether an exception is on its way to PHP code.
pub(crate) fn exception_pending() -> bool {
    // SAFETY: the executor's globals exist while PHP code runs; the field is a plain pointer.
    unsafe { !(*ext_php_rs_executor_globals()).exception.is_null() }
}

/// The setting `serialize_precision`: −1 means the shortest digits that read back as the same
/// number.
pub(crate) fn serialize_precision() -> i64 {
    // SAFETY: PHP's globals exist while PHP code runs; the field is a plain number.
    unsafe { (*ext_php_rs_process_globals()).serialize_precision }
}

/// A setting of php.ini.
pub(crate) fn ini_bytes(name: &CStr) -> &[u8] {
    // SAFETY: the name is a string of the length given, to which the engine keeps no pointer;
    // the text lives as long as the setting is not changed, and ours can't be.
    unsafe {
        let text = zend_ini_string_ex(name.as_ptr(), name.count_bytes(), 0, ptr::null_mut());
        if text.is_null() { &[] } else { CStr::from_ptr(text).to_bytes() }
    }
}

/// The class `RuntimeException`.
pub(crate) fn runtime_exception() -> &'static ClassEntry {
    // SAFETY: SPL is part of every PHP and starts before any extension that is loaded.
    class(unsafe { spl_ce_RuntimeException }).unwrap_or_else(ce::exception)
}

/// A class that module startup registered; `None` for null.
pub(crate) fn class(entry: *mut ClassEntry) -> Option<&'static ClassEntry> {
    // SAFETY: classes of modules live until module shutdown, after which no code of ours runs
    // before the next startup registers them anew.
    unsafe { entry.as_ref() }
}

/// Prints the table of a module's settings, as phpinfo() has it.
pub(crate) fn display_ini(module: *mut ModuleEntry) {
    // SAFETY: the engine's own pointer to a module, as its info function gets it.
    unsafe { display_ini_entries(module) }
}

/// The name of a function in a module's table.
pub(crate) fn function_name(entry: &FunctionEntry) -> &[u8] {
    if entry.fname.is_null() {
        return &[]; // the entry that ends the table
    }
    // SAFETY: else it is a C string that lives as long as the entry.
    unsafe { CStr::from_ptr(entry.fname) }.to_bytes()
}
