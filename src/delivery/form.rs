//! A form as PHP's `http_build_query()` writes it: what WP Ultimo 1.x sent.
//!
//! Null is left out, true and false are `1` and `0`, an empty array leaves nothing, floats have
//! 14 significant digits (`precision`), spaces are `+` (RFC 1738, as `urlencode()`).

use super::json::{Json, Kind};

/// Significant digits of a float: the default of PHP's `precision`.
const PRECISION: i32 = 14;

/// A form that would be larger than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// A form under way. Each leaf repeats the names of all that it is in, so some payloads become
/// a thousand times as large: the limit is looked at before anything is written.
pub(super) struct Form {
    text: String,
    /// The name under which the next value stands, encoded.
    name: String,
    limit: usize,
}

impl Form {
    /// `webhook_id` and `type` of an event; `data[…]` is yet to come. It has at most `limit`
    /// bytes.
    pub(super) fn new(webhook: &str, event: &str, limit: usize) -> Result<Self, TooLarge> {
        let mut form = Self { text: String::new(), name: String::new(), limit };
        for (name, value) in [("webhook_id", webhook), ("type", event)] {
            form.name.replace_range(.., name);
            form.pair(value)?;
        }
        form.name.replace_range(.., "data");
        Ok(form)
    }

    /// The form's text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Appends a member of `data`.
    pub(super) fn member(&mut self, key: &str, value: Json<'_>) -> Result<(), TooLarge> {
        let length = self.name.len();
        self.go_into(key)?;
        self.value(value)?;
        self.name.truncate(length);
        Ok(())
    }

    /// Appends what stands under the name. Without recursion: data may nest deeply.
    pub(super) fn value(&mut self, value: Json<'_>) -> Result<(), TooLarge> {
        type Members<'a> = Box<dyn Iterator<Item = (Option<Json<'a>>, Json<'a>)> + 'a>;
        fn members(value: Json<'_>) -> Members<'_> {
            match value.kind() {
                Kind::List => Box::new(value.items().map(|item| (None, item))),
                _ => Box::new(value.members().map(|(key, value)| (Some(key), value))),
            }
        }
        // The lists and objects that it is in: what is left, how many came, their name's length.
        let mut open = vec![(members(value), 0_usize, self.name.len())];
        if !matches!(value.kind(), Kind::List | Kind::Object) {
            return self.scalar(value);
        }
        while let Some((left, came, length)) = open.last_mut() {
            self.name.truncate(*length);
            let Some((key, value)) = left.next() else {
                open.pop();
                continue;
            };
            match key {
                Some(key) => self.go_into(&key.text())?,
                None => self.go_into(itoa::Buffer::new().format(*came))?,
            }
            *came += 1;
            match value.kind() {
                Kind::List | Kind::Object => open.push((members(value), 0, self.name.len())),
                _ => self.scalar(value)?,
            }
        }
        Ok(())
    }

    fn go_into(&mut self, key: &str) -> Result<(), TooLarge> {
        // A leaf will repeat all of the name.
        if self.text.len() + self.name.len() + key.len() > self.limit {
            return Err(TooLarge);
        }
        self.name.push_str("%5B");
        urlencode(key, &mut self.name);
        self.name.push_str("%5D");
        Ok(())
    }

    fn scalar(&mut self, value: Json<'_>) -> Result<(), TooLarge> {
        match value.kind() {
            Kind::True => self.pair("1"),
            Kind::False => self.pair("0"),
            Kind::Text => self.pair(&value.text()),
            Kind::Number => match value.number() {
                Some(number) => match number.as_f64() {
                    Some(float) if number.is_f64() => self.pair(&float_text(float)),
                    _ => self.pair(&number.to_string()),
                },
                None => self.pair(value.raw()),
            },
            Kind::Null | Kind::List | Kind::Object => Ok(()),
        }
    }

    fn pair(&mut self, value: &str) -> Result<(), TooLarge> {
        let room = self.limit.saturating_sub(self.text.len());
        if self.name.len() + value.len() + 2 > room {
            return Err(TooLarge);
        }
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.push_str(&self.name);
        self.text.push('=');
        urlencode(value, &mut self.text);
        // What was encoded has at most three times its length.
        if self.text.len() > self.limit { Err(TooLarge) } else { Ok(()) }
    }
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
    use crate::json::Places;

    fn encode(webhook: &str, event: &str, data: &str, limit: usize) -> Result<String, TooLarge> {
        let places = Places::of(data).unwrap();
        let mut form = Form::new(webhook, event, limit)?;
        form.value(places.value(data))?;
        Ok(form.finish())
    }

    #[test]
    fn values_nest_as_php_arrays_do() {
        let data = r#"{"id":7,"ok":true,"no":false,"nil":null,"none":[],"a b":["x","y&z"],"deep":{"k":{"l":"~\u00e9"}}}"#;
        let expected = "webhook_id=wh+1&type=payment_received&data%5Bid%5D=7&data%5Bok%5D=1&data%5Bno%5D=0\
             &data%5Ba+b%5D%5B0%5D=x&data%5Ba+b%5D%5B1%5D=y%26z&data%5Bdeep%5D%5Bk%5D%5Bl%5D=%7E%C3%A9";
        assert_eq!(encode("wh 1", "payment_received", data, expected.len()).unwrap(), expected);
        // One byte less, and it is refused wherever that byte would be.
        for limit in 0..expected.len() {
            assert_eq!(encode("wh 1", "payment_received", data, limit), Err(TooLarge), "{limit}");
        }
    }

    #[test]
    fn a_leaf_that_repeats_a_long_way_ends_at_the_limit() {
        let data = format!(
            "{}{}{}",
            r#"{"k":"#.repeat(512),
            vec!["1"; 9_000].join(",").replace("1", "[0]"),
            "}".repeat(512)
        );
        let data = data.replacen("[0]", "[[0]", 1).replacen("[0]}", "[0]]}", 1);
        assert_eq!(encode("w", "deep", &data, 1 << 20), Err(TooLarge));
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
