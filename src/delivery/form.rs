//! A form as PHP's `http_build_query()` writes it: what WP Ultimo 1.x sent.
//!
//! Null is left out, true and false are `1` and `0`, an empty array leaves nothing, floats have
//! 14 significant digits (`precision`), spaces are `+` (RFC 1738, as `urlencode()`).

use serde_json::Value;

/// Significant digits of a float: the default of PHP's `precision`.
const PRECISION: i32 = 14;

/// `webhook_id`, `type` and `data[…]` of an event.
pub(super) fn encode(webhook: &str, event: &str, data: &Value) -> String {
    let mut form = String::new();
    pair(&mut form, "webhook_id", webhook);
    pair(&mut form, "type", event);
    field(&mut form, &mut "data".to_owned(), data);
    form
}

/// Appends `value` under `name`, which is encoded already.
fn field(form: &mut String, name: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(value) => pair(form, name, if *value { "1" } else { "0" }),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => pair(form, name, &float_text(float)),
            _ => pair(form, name, &number.to_string()),
        },
        Value::String(text) => pair(form, name, text),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                below(form, name, &i.to_string(), item);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                below(form, name, key, value);
            }
        }
    }
}

fn below(form: &mut String, name: &mut String, key: &str, value: &Value) {
    let length = name.len();
    name.push_str("%5B");
    urlencode(key, name);
    name.push_str("%5D");
    field(form, name, value);
    name.truncate(length);
}

fn pair(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(name);
    form.push('=');
    urlencode(value, form);
}

fn urlencode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                into.push(char::from(byte));
            }
            b' ' => into.push('+'),
            _ => percent(byte, into),
        }
    }
}

/// Appends `%XX`.
pub(super) fn percent(byte: u8, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    into.push('%');
    into.push(char::from(HEX[usize::from(byte >> 4)]));
    into.push(char::from(HEX[usize::from(byte & 15)]));
}

/// A float as PHP's `%.14G` writes it (`php_gcvt`): `0.1`, `100000`, `1.0E+25`.
fn float_text(value: f64) -> String {
    let scientific = format!("{value:.*e}", PRECISION as usize - 1);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    if !(-4..PRECISION).contains(&exponent) {
        let fraction = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{fraction}E{exponent:+}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = exponent as usize + 1;
    match digits.split_at_checked(whole) {
        Some((digits, fraction)) if !fraction.is_empty() => format!("{sign}{digits}.{fraction}"),
        _ => format!("{sign}{digits:0<whole$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_nest_as_php_arrays_do() {
        let data = br#"{"id":7,"ok":true,"no":false,"nil":null,"none":[],"a b":["x","y&z"],"deep":{"k":{"l":"~\u00e9"}}}"#;
        assert_eq!(
            encode("wh 1", "payment_received", &serde_json::from_slice(data).unwrap()),
            "webhook_id=wh+1&type=payment_received&data%5Bid%5D=7&data%5Bok%5D=1&data%5Bno%5D=0\
             &data%5Ba+b%5D%5B0%5D=x&data%5Ba+b%5D%5B1%5D=y%26z&data%5Bdeep%5D%5Bk%5D%5Bl%5D=%7E%C3%A9"
        );
    }

    #[test]
    fn floats_have_fourteen_digits() {
        for (value, expected) in [
            (0.1, "0.1"),
            (100_000.0, "100000"),
            (1e25, "1.0E+25"),
            (-1.5e-7, "-1.5E-7"),
            (0.000_1, "0.0001"),
            (0.000_01, "1.0E-5"),
            (1.0 / 3.0, "0.33333333333333"),
            (123_456_789_012_345.0, "1.2345678901234E+14"),
            (99_999_999_999_999.9, "1.0E+14"),
            (12_345_678_901_234.5, "12345678901234"),
            (0.0, "0"),
            (-0.0, "-0"),
        ] {
            assert_eq!(float_text(value), expected, "{value:?}");
        }
    }
}
