//! Strings, as json_encode() writes them with JSON_UNESCAPED_UNICODE.
//!
//! Most strings need nothing but quotes around them. So a string is looked at in wide steps
//! and copied as a whole up to the first byte that needs more. Text that is not ASCII is
//! checked to be UTF-8 once, from its first such byte to its end, and looked at in wide steps
//! from then on as well.

/// Bytes looked at in one step: a register of SSE2 and NEON, which every x86-64 and aarch64 has.
const STEP: usize = 16;

/// Why a string can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is not UTF-8, from this byte on.
    NotUtf8 { at: usize },
    /// The buffer would end behind the limit.
    TooLarge,
}

/// What follows a string: its quote, and a colon or comma.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Colon,
    Comma,
}

/// Appends `text` in quotes, and what follows. The limit is looked at where the buffer has to
/// grow, which costs nothing where it need not; what is in it already was found to be allowed.
///
/// # Errors
/// Where it is not UTF-8, or `out` would end behind `limit`; what was appended has to be dropped
/// then.
#[inline(always)]
pub(super) fn push(out: &mut Vec<u8>, text: &[u8], then: Then, limit: usize) -> Result<(), Unfit> {
    let end = match then {
        Then::Colon => *b"\":",
        Then::Comma => *b"\",",
    };
    let room = text.len() + 1 + end.len() + STEP;
    if out.capacity() - out.len() < room {
        grow(out, room, limit)?;
    }
    let start = out.len();
    // SAFETY: there is room for a quote, all of `text` and what follows it; what `copy_plain`
    // returns is at most the length of `text`, and the number of bytes that it set.
    let plain = unsafe {
        let to = out.as_mut_ptr().add(start);
        *to = b'"';
        let plain = copy_plain::<false>(text, to.add(1));
        if plain == text.len() {
            to.add(1 + plain).cast::<[u8; 2]>().write(end);
            out.set_len(start + room - STEP);
            return Ok(());
        }
        out.set_len(start + 1 + plain);
        plain
    };
    push_special(out, text, plain)?;
    out.extend_from_slice(&end);
    Ok(())
}

/// Makes room, unless the limit is behind it.
#[cold]
#[inline(never)]
fn grow(out: &mut Vec<u8>, room: usize, limit: usize) -> Result<(), Unfit> {
    if out.len() + room > limit.saturating_add(STEP) {
        return Err(Unfit::TooLarge);
    }
    out.reserve(room);
    Ok(())
}

/// Appends the rest of `text`, which begins at `done` with a byte that is not plain.
#[inline(never)]
fn push_special(out: &mut Vec<u8>, text: &[u8], mut done: usize) -> Result<(), Unfit> {
    let mut checked = false;
    while let Some(&byte) = text.get(done) {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            // U+2028 and U+2029, which JavaScript took for ends of lines, are written as escapes.
            0xe2 if checked && is_line_terminator(&text[done..]) => {
                out.extend_from_slice(if text[done + 2] == 0xa8 { b"\\u2028" } else { b"\\u2029" });
                done += 2;
            }
            0x80.. if !checked => {
                if simdutf8::basic::from_utf8(&text[done..]).is_err() {
                    return Err(not_utf8(text));
                }
                checked = true;
                done += push_plain::<true>(out, &text[done..]);
                continue;
            }
            _ => out.push(byte),
        }
        done += 1;
        let rest = &text[done..];
        if rest.first().is_some_and(|&byte| is_special::<false>(byte) && byte < 0x80) {
            continue; // They often come in twos: an end of line and a tab.
        }
        done +=
            if checked { push_plain::<true>(out, rest) } else { push_plain::<false>(out, rest) };
    }
    Ok(())
}

fn is_line_terminator(text: &[u8]) -> bool {
    matches!(text, [0xe2, 0x80, 0xa8 | 0xa9, ..])
}

#[cold]
fn not_utf8(text: &[u8]) -> Unfit {
    Unfit::NotUtf8 { at: str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len) }
}

/// Appends the part of `text` before the first byte that can't be copied as it is, and returns
/// its length. Such bytes are control characters, `"`, `\`, and either all that are not ASCII
/// or, where the text was `CHECKED` to be UTF-8, those that may begin a line terminator.
#[inline(always)]
fn push_plain<const CHECKED: bool>(out: &mut Vec<u8>, text: &[u8]) -> usize {
    out.reserve(text.len() + STEP);
    let len = out.len();
    // SAFETY: room for all of `text` was made, and what `copy_plain` returns is at most its
    // length, and the number of bytes that it set.
    unsafe {
        let copied = copy_plain::<CHECKED>(text, out.as_mut_ptr().add(len));
        out.set_len(len + copied);
        copied
    }
}

/// Copies `text` in wide steps until one holds a special byte; returns how many bytes before it
/// were copied.
///
/// # Safety
/// `to` has room for `text.len()` bytes.
#[inline(always)]
unsafe fn copy_plain<const CHECKED: bool>(text: &[u8], to: *mut u8) -> usize {
    /// Copies `N` bytes from `at` on, and gives them back.
    ///
    /// # Safety
    /// `text` has them, and `to` room for them.
    #[inline(always)]
    unsafe fn step<const N: usize>(text: &[u8], to: *mut u8, at: usize) -> [u8; N] {
        // SAFETY: the caller's promise; an array of bytes has no alignment.
        unsafe {
            let bytes = *text.as_ptr().add(at).cast::<[u8; N]>();
            *to.add(at).cast::<[u8; N]>() = bytes;
            bytes
        }
    }
    let len = text.len();
    // SAFETY: every step ends within `text`.
    unsafe {
        if len >= STEP {
            let mut at = 0;
            loop {
                let plain = plain_bytes::<CHECKED>(step(text, to, at));
                if plain < STEP {
                    return at + plain;
                }
                if at + STEP == len {
                    return len;
                }
                // The last step ends with the text, and overlaps the one before.
                at = (at + STEP).min(len - STEP);
            }
        }
        if len >= 8 {
            let bits = special_bits::<CHECKED>(u64::from_le_bytes(step(text, to, 0)));
            if bits != 0 {
                return bits.trailing_zeros() as usize / 8;
            }
            let bits = special_bits::<CHECKED>(u64::from_le_bytes(step(text, to, len - 8)));
            // 64 zeros where there is none: all of `text`.
            return len - 8 + bits.trailing_zeros() as usize / 8;
        }
        if len >= 4 {
            let first = u32::from_le_bytes(step(text, to, 0));
            let last = u32::from_le_bytes(step(text, to, len - 4));
            let both = u64::from(first) | u64::from(last) << 32;
            if special_bits::<CHECKED>(both) == 0 {
                return len;
            }
        }
        for at in 0..len {
            let [byte] = step(text, to, at);
            if is_special::<CHECKED>(byte) {
                return at;
            }
        }
        len
    }
}

#[inline(always)]
const fn is_special<const CHECKED: bool>(byte: u8) -> bool {
    byte < b' '
        || byte == b'"'
        || byte == b'\\'
        || if CHECKED { byte == 0xe2 } else { byte >= 0x80 }
}

/// How many bytes stand before the first special one.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn plain_bytes<const CHECKED: bool>(bytes: [u8; STEP]) -> usize {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8,
        _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: SSE2 is part of x86-64, and the array is as long as a register.
    let special = unsafe {
        let bytes = _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
        let equals = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
        let others = if CHECKED {
            let below = _mm_set1_epi8(0x1f);
            let control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, below), below);
            _mm_or_si128(control, equals(0xe2))
        } else {
            // As signed numbers, bytes that are not ASCII are below the space too.
            _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
        };
        _mm_movemask_epi8(_mm_or_si128(others, _mm_or_si128(equals(b'"'), equals(b'\\'))))
    };
    (special | 1 << STEP).trailing_zeros() as usize
}

/// How many bytes stand before the first special one.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn plain_bytes<const CHECKED: bool>(bytes: [u8; STEP]) -> usize {
    let bytes = u128::from_le_bytes(bytes);
    let first = special_bits::<CHECKED>(bytes as u64).trailing_zeros();
    let second = special_bits::<CHECKED>((bytes >> 64) as u64).trailing_zeros();
    (if first < 64 { first } else { 64 + second }) as usize / 8
}

/// The highest bit of every special byte of a word, as far as the lowest of them is concerned:
/// a borrow may set bits above it.
#[inline(always)]
const fn special_bits<const CHECKED: bool>(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn zero(word: u64) -> u64 {
        word.wrapping_sub(EACH) & !word & HIGH
    }
    let control = word.wrapping_sub(EACH * 0x20) & !word & HIGH;
    let quotes = zero(word ^ (EACH * b'"' as u64)) | zero(word ^ (EACH * b'\\' as u64));
    let others = if CHECKED { zero(word ^ (EACH * 0xe2)) } else { word & HIGH };
    control | quotes | others
}
