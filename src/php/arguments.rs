//! Types of parameters that ext-php-rs has no word for.

use ext_php_rs::args::ArgInfo;
use ext_php_rs::convert::FromZval;
use ext_php_rs::ffi::{_ZEND_TYPE_NULLABLE_BIT, IS_ARRAY, IS_OBJECT};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ModuleAllocations;

use super::zval::{Table, Value};

/// `array $value`
#[derive(Clone, Copy)]
pub(super) struct Array<'a> {
    pub(super) zval: &'a Zval,
    pub(super) table: Table<'a>,
}

impl<'a> FromZval<'a> for Array<'a> {
    const TYPE: DataType = DataType::Array;

    fn from_zval(zval: &'a Zval) -> Option<Self> {
        match Value::behind(zval) {
            Value::Table(table) => Some(Self { zval, table }),
            _ => None,
        }
    }
}

/// `array $options = []`
#[derive(Clone, Copy)]
pub(super) struct OptionalArray<'a>(pub(super) Option<Array<'a>>);

impl<'a> FromZval<'a> for OptionalArray<'a> {
    const TYPE: DataType = DataType::Array;
    // That is: may be left out. Null is refused.
    const NULLABLE: bool = true;

    fn from_zval(zval: &'a Zval) -> Option<Self> {
        Array::from_zval(zval).map(|array| Self(Some(array)))
    }

    fn from_missing() -> Option<Self> {
        Some(Self(None))
    }
}

/// `array|object $data`
#[derive(Clone, Copy)]
pub(super) struct ArrayOrObject<'a>(pub(super) &'a Zval);

impl<'a> FromZval<'a> for ArrayOrObject<'a> {
    const TYPE: DataType = DataType::Array;

    fn from_zval(zval: &'a Zval) -> Option<Self> {
        matches!(Value::behind(zval), Value::Table(_) | Value::Object).then_some(Self(zval))
    }
}

/// `string|array $ids`
#[derive(Clone, Copy)]
pub(super) enum StringOrArray<'a> {
    String(&'a [u8]),
    Array(Array<'a>),
}

impl<'a> FromZval<'a> for StringOrArray<'a> {
    const TYPE: DataType = DataType::String;

    fn from_zval(zval: &'a Zval) -> Option<Self> {
        match Value::behind(zval) {
            Value::Text(text) => Some(Self::String(text)),
            Value::Table(table) => Some(Self::Array(Array { zval, table })),
            _ => None,
        }
    }
}

/// `string $body`, of any bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> FromZval<'a> for Bytes<'a> {
    const TYPE: DataType = DataType::String;

    fn from_zval(zval: &'a Zval) -> Option<Self> {
        match Value::behind(zval) {
            Value::Text(text) => Some(Self(text)),
            _ => None,
        }
    }
}

/// What Reflection is to say of a parameter beyond what its Rust type says.
pub(super) enum Detail {
    /// `array|object`
    OrObject,
    /// `string|array`
    OrArray,
    /// `= []`
    DefaultsToEmpty,
}

/// Completes the signatures of functions, before PHP registers them.
pub(super) fn complete(module: &mut ModuleAllocations, details: &[(&str, usize, Detail)]) {
    for (function, entry) in module.arg_info.iter_mut().zip(&module.functions) {
        let name = super::engine::function_name(entry);
        // The first entry is the return value.
        for (number, parameter) in function[1..].iter_mut().enumerate() {
            details
                .iter()
                .filter(|(of, which, _)| of.as_bytes() == name && *which == number)
                .for_each(|(_, _, detail)| apply(parameter, detail));
        }
    }
}

fn apply(parameter: &mut ArgInfo, detail: &Detail) {
    match detail {
        Detail::OrObject => parameter.type_.type_mask |= 1 << IS_OBJECT,
        Detail::OrArray => parameter.type_.type_mask |= 1 << IS_ARRAY,
        Detail::DefaultsToEmpty => {
            parameter.type_.type_mask &= !_ZEND_TYPE_NULLABLE_BIT;
            parameter.default_value = c"[]".as_ptr();
        }
    }
}
