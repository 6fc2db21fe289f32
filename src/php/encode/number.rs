//! Numbers, as json_encode() writes them.

use ext_php_rs::types::Zval;

use crate::php::engine;

/// Appends an integer.
#[inline(always)]
pub(super) fn push_long(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    out.push(b',');
}

/// Appends a finite number with the shortest digits that read back as the same one, and `.0`
/// where it is whole.
///
/// `zmij` finds such digits several times faster than the engine's zend_gcvt(). They are the
/// same ones but for the cases of [`is_ambiguous`], and laid out the same way between 0.0001
/// and 10¹⁵. What is outside, and any other `serialize_precision`, is left to the engine.
pub(super) fn push_double(out: &mut Vec<u8>, number: f64, precision: i64) {
    let size = number.abs();
    let usual = (1e-4..1e15).contains(&size) && precision == -1;
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number);
    if usual && !is_ambiguous(number, text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        let mut zval = Zval::new();
        zval.set_double(number);
        // A finite number has a JSON form: there is no error.
        let _ = engine::json_encode(&zval, engine::JSON_DEPTH, out);
    }
    out.push(b',');
}

/// Whether two equally short texts are equally near to `number`, of which `text` is one: then
/// the two routines may choose differently.
///
/// The number is halfway between two decimals with n places after the point only if it is an
/// odd multiple of 2^-(n+1).
fn is_ambiguous(number: f64, text: &str) -> bool {
    let bits = number.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let lowest_bit = exponent + mantissa.trailing_zeros() as i32;
    let places = text.bytes().rev().position(|byte| byte == b'.').unwrap_or(0) as i32;
    lowest_bit == -(places + 1)
}
