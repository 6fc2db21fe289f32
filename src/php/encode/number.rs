//! Numbers, as json_encode() writes them.

use ext_php_rs::types::Zval;

use crate::engine;

/// Appends an integer and a comma.
#[inline(always)]
pub(super) fn push_long(out: &mut Vec<u8>, number: i64) {
    if let 0..=9 = number {
        out.extend_from_slice(&[b'0' + number as u8, b',']);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(b',');
    }
}

/// Appends a finite number and a comma: the shortest digits that read back as the same number,
/// and `.0` where it is whole.
///
/// `zmij` finds such digits several times faster than the engine's zend_gcvt(). They are the
/// same ones but for the cases of [`is_ambiguous`], which are left to the engine, as is any
/// other `serialize_precision`.
pub(super) fn push_double(out: &mut Vec<u8>, number: f64, precision: i64) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number);
    let size = number.abs();
    if precision != -1 || is_ambiguous(number, text) {
        let mut zval = Zval::new();
        zval.set_double(number);
        // A finite number has a JSON form: there is no error.
        let _ = engine::json_encode(&zval, engine::JSON_DEPTH, out);
    } else if size == 0.0 || (1e-4..1e15).contains(&size) {
        out.extend_from_slice(text.as_bytes()); // laid out alike
    } else {
        push_digits(out, text);
    }
    out.push(b',');
}

/// Lays out a number as zend_gcvt() does: with an exponent below 0.0001 and from 10¹⁷ on.
fn push_digits(out: &mut Vec<u8>, text: &str) {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    // The number is 0.DIGITS × 10^point.
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = whole.len() as i32 + exponent - (all.len() - digits.len()) as i32;
    let digits = digits.trim_end_matches('0');

    out.extend_from_slice(sign.as_bytes());
    let (first, rest) = digits.split_at(1);
    match usize::try_from(point) {
        Ok(point) if point <= 17 => {
            let (whole, fraction) = digits.split_at(point.min(digits.len()));
            out.extend_from_slice(whole.as_bytes());
            out.resize(out.len() + point - whole.len(), b'0');
            out.push(b'.');
            out.extend_from_slice(if fraction.is_empty() { "0" } else { fraction }.as_bytes());
        }
        _ => {
            out.extend_from_slice(first.as_bytes());
            out.push(b'.');
            out.extend_from_slice(if rest.is_empty() { "0" } else { rest }.as_bytes());
            out.extend_from_slice(if point > 0 { b"e+" } else { b"e-" });
            let exponent = (point - 1).unsigned_abs();
            out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
        }
    }
}

/// Whether there may be another text that is as short as `text`, and as near to `number`: then
/// the two routines may choose differently.
///
/// The number is halfway between two decimals with n places after the point only if it is an
/// odd multiple of 2^-(n+1).
fn is_ambiguous(number: f64, text: &str) -> bool {
    let bits = number.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let lowest_bit = exponent + mantissa.trailing_zeros() as i32;
    let places = |text: &str| text.bytes().rev().position(|byte| byte == b'.').unwrap_or(0) as i32;
    let places = match text.split_once('e') {
        None => places(text),
        Some((mantissa, exponent)) => places(mantissa) - exponent.parse().unwrap_or(0),
    };
    lowest_bit == -(places + 1)
}
