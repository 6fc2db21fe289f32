//! JSON as `wp_json_encode($data)` writes it.
//!
//! Our JSON is that of `json_encode()` with unescaped slashes and Unicode and kept zero
//! fractions; without these flags the same value differs in three places only: `/` is `\/`,
//! letters outside ASCII are `\uXXXX`, and a float without fraction loses its `.0`. So the text
//! is rewritten, and everything else stays as it is.

/// Rewrites JSON text. What is not JSON comes out as some bytes or other, never as a panic.
pub(super) fn rewrite(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + json.len() / 8);
    let mut rest = json;
    while let [byte, after @ ..] = rest {
        rest = match byte {
            b'"' => {
                out.push(b'"');
                rewrite_string(after, &mut out)
            }
            b'-' | b'0'..=b'9' => rewrite_number(rest, &mut out),
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    out
}

/// Rewrites up to and including the closing quote; returns what follows.
fn rewrite_string<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = text;
    loop {
        let plain = rest
            .iter()
            .position(|b| matches!(b, b'"' | b'\\' | b'/' | 0x80..))
            .unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        match rest {
            [] => return rest,
            [b'"', after @ ..] => {
                out.push(b'"');
                return after;
            }
            [b'\\', escaped, after @ ..] => {
                out.extend_from_slice(&[b'\\', *escaped]);
                rest = after;
            }
            [b'/', after @ ..] => {
                out.extend_from_slice(br"\/");
                rest = after;
            }
            [byte, after @ ..] if byte.is_ascii() => {
                out.push(*byte);
                rest = after;
            }
            _ => rest = escape_letters(rest, out),
        }
    }
}

/// Writes a run of letters outside ASCII as UTF-16 escapes.
fn escape_letters<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let end = text.iter().position(u8::is_ascii).unwrap_or(text.len());
    let (letters, after) = text.split_at(end);
    let mut units = [0; 2];
    for letter in String::from_utf8_lossy(letters).chars() {
        for unit in letter.encode_utf16(&mut units) {
            out.extend_from_slice(br"\u");
            out.extend(
                (0..4)
                    .rev()
                    .map(|digit| b"0123456789abcdef"[usize::from(*unit >> (4 * digit)) & 15]),
            );
        }
    }
    after
}

fn rewrite_number<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let end = text
        .iter()
        .position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        .unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    // A fraction of zero before an exponent (1.0e+25) is written with either set of flags.
    out.extend_from_slice(number.strip_suffix(b".0").unwrap_or(number));
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_differences_and_nothing_else() {
        let ours = r#"{"a/b":"é 😀 \" \\/ \u2028","n":[10.0,-0.0,1.0e+25,0.10,12345678901234567890],"s":"10.0"}"#;
        let theirs = r#"{"a\/b":"\u00e9 \ud83d\ude00 \" \\\/ \u2028","n":[10,-0,1.0e+25,0.10,12345678901234567890],"s":"10.0"}"#;
        assert_eq!(String::from_utf8(rewrite(ours.as_bytes())).unwrap(), theirs);
    }

    #[test]
    fn torn_text_does_no_harm() {
        let text = "{\"a\":\"é\\u00e9/\",\"b\":10.0}".as_bytes();
        for end in 0..text.len() {
            for start in 0..end {
                rewrite(&text[start..end]);
            }
        }
    }
}
