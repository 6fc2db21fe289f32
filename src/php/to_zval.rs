//! Typed results to PHP arrays: a serde serializer that makes zvals.

use std::fmt;

use ext_php_rs::boxed::ZBox;
use ext_php_rs::convert::IntoZval;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ZendHashTable, ZendStr, Zval};
use serde::ser::{self, Impossible, Serialize};

/// What a function returns as `array`.
pub(super) struct Tree(Zval);

impl IntoZval for Tree {
    const TYPE: DataType = DataType::Array;
    const NULLABLE: bool = false;

    fn set_zval(self, zval: &mut Zval, _persistent: bool) -> ext_php_rs::error::Result<()> {
        *zval = self.0;
        Ok(())
    }
}

/// `value` as PHP has it: structs and maps are arrays with keys, bytes are strings.
///
/// # Errors
/// Where a map's key is neither a string nor a number.
pub(super) fn to_zval(value: &impl Serialize) -> Result<Tree, ToZvalError> {
    value.serialize(Maker).map(Tree)
}

/// Why a result can't be given to PHP.
#[derive(Debug)]
pub(super) struct ToZvalError(String);

impl fmt::Display for ToZvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a result can't be given to PHP: {}", self.0)
    }
}

impl std::error::Error for ToZvalError {}

impl ser::Error for ToZvalError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl From<ext_php_rs::error::Error> for ToZvalError {
    fn from(error: ext_php_rs::error::Error) -> Self {
        Self(error.to_string())
    }
}

type Made = Result<Zval, ToZvalError>;

struct Maker;

fn string(bytes: &[u8]) -> Zval {
    let mut zval = Zval::new();
    zval.set_zend_string(ZendStr::new(bytes, false));
    zval
}

/// An array under construction.
struct Members {
    table: ZBox<ZendHashTable>,
    /// Of the value that comes next, in a map.
    key: String,
}

impl Members {
    /// `length`: how many there will be, where that is known: PHP copies an array that has to grow.
    fn new(length: Option<usize>) -> Self {
        let length = length.and_then(|length| u32::try_from(length).ok()).unwrap_or(0);
        Self { table: ZendHashTable::with_capacity(length), key: String::new() }
    }

    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), ToZvalError> {
        Ok(self.table.push(value.serialize(Maker)?)?)
    }

    fn insert(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> Result<(), ToZvalError> {
        Ok(self.table.insert(key, value.serialize(Maker)?)?)
    }

    fn finish(self) -> Zval {
        let mut zval = Zval::new();
        zval.set_hashtable(self.table);
        zval
    }
}

/// Results have no such thing; serde wants a word for it.
fn none_of(what: &str) -> ToZvalError {
    ToZvalError(format!("there is no form for {what}"))
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, number: $type) -> Made {
            let mut zval = Zval::new();
            match i64::try_from(number) {
                Ok(number) => zval.set_long(number),
                Err(_) => zval.set_double(number as f64),
            }
            Ok(zval)
        })*
    };
}

impl ser::Serializer for Maker {
    type Ok = Zval;
    type Error = ToZvalError;
    type SerializeSeq = Members;
    type SerializeTuple = Members;
    type SerializeTupleStruct = Impossible<Zval, ToZvalError>;
    type SerializeTupleVariant = Impossible<Zval, ToZvalError>;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Impossible<Zval, ToZvalError>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_bool(self, value: bool) -> Made {
        let mut zval = Zval::new();
        zval.set_bool(value);
        Ok(zval)
    }

    fn serialize_f32(self, number: f32) -> Made {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Made {
        let mut zval = Zval::new();
        zval.set_double(number);
        Ok(zval)
    }

    fn serialize_char(self, character: char) -> Made {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Made {
        Ok(string(text.as_bytes()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Made {
        Ok(string(bytes))
    }

    fn serialize_none(self) -> Made {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made {
        let mut zval = Zval::new();
        zval.set_null();
        Ok(zval)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Made {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Made {
        Err(none_of("a variant with a value"))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Members, ToZvalError> {
        Ok(Members::new(length))
    }

    fn serialize_tuple(self, length: usize) -> Result<Members, ToZvalError> {
        Ok(Members::new(Some(length)))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, ToZvalError> {
        Err(none_of("a tuple with a name"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, ToZvalError> {
        Err(none_of("a variant with values"))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Members, ToZvalError> {
        Ok(Members::new(length))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members, ToZvalError> {
        Ok(Members::new(Some(length)))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, ToZvalError> {
        Err(none_of("a variant with fields"))
    }
}

impl ser::SerializeSeq for Members {
    type Ok = Zval;
    type Error = ToZvalError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToZvalError> {
        self.push(value)
    }

    fn end(self) -> Made {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Members {
    type Ok = Zval;
    type Error = ToZvalError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToZvalError> {
        self.push(value)
    }

    fn end(self) -> Made {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Members {
    type Ok = Zval;
    type Error = ToZvalError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ToZvalError> {
        self.insert(name, value)
    }

    fn end(self) -> Made {
        Ok(self.finish())
    }
}

impl ser::SerializeMap for Members {
    type Ok = Zval;
    type Error = ToZvalError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ToZvalError> {
        let key = key.serialize(Maker)?;
        self.key = key.string().ok_or_else(|| ToZvalError("a key is no string".to_owned()))?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ToZvalError> {
        let key = std::mem::take(&mut self.key);
        self.insert(&key, value)
    }

    fn end(self) -> Made {
        Ok(self.finish())
    }
}
