//! Characters that nobody sees, and that come along when something is copied: byte order marks,
//! zero-width and no-break spaces, soft hyphens, controls of the writing direction.
//!
//! In a URL they lead elsewhere, in a template they break the body, in a name they make two look
//! like one. So they are refused wherever an admin types something, by their number: who means
//! one in a text writes it as an escape (`\u00a0`), which can be seen.

use std::fmt;

/// A character that is not to be seen, in a text that may have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invisible {
    /// Which one.
    pub character: char,
    /// Where it begins, in bytes.
    pub at: usize,
}

impl fmt::Display for Invisible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an invisible character (U+{:04X})", u32::from(self.character))
    }
}

impl Invisible {
    /// The first in a text that is no prose, such as a URL or a host's name.
    pub fn find(text: &str) -> Option<Self> {
        Self::find_by(text, |_, character| is_invisible(character))
    }

    /// The first in a text of words. The joiners of scripts and emoji belong to the character
    /// before them, and are none there.
    pub fn find_in_words(text: &str) -> Option<Self> {
        Self::find_by(text, |before, character| {
            is_invisible(character) && !(is_joiner(character) && can_be_joined(before, character))
        })
    }

    /// The first in a text of words that may have lines and tabs.
    pub fn find_in_lines(text: &str) -> Option<Self> {
        Self::find_by(text, |before, character| {
            is_invisible(character)
                && !matches!(character, '\n' | '\r' | '\t')
                && !(is_joiner(character) && can_be_joined(before, character))
        })
    }

    fn find_by(text: &str, refuse: impl Fn(Option<char>, char) -> bool) -> Option<Self> {
        let mut before = None;
        for (at, character) in text.char_indices() {
            if refuse(before, character) {
                return Some(Self { character, at });
            }
            before = Some(character);
        }
        None
    }
}

/// Whether a character shows nothing, or a space that is not the ordinary one: controls (Cc),
/// format characters (Cf), the other default-ignorable ones (Unicode 17.0, DerivedCoreProperties)
/// and the separators (Zs, Zl, Zp) but U+0020. The plugin has the same list.
pub const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}'
        | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{1680}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Zero-width joiner and non-joiner, grapheme joiner, variation selectors, and the tags of flags.
const fn is_joiner(character: char) -> bool {
    matches!(
        character,
        '\u{34f}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{200c}'..='\u{200d}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether a joiner means something after a character: one beyond ASCII that is seen, another
/// joiner, or the digit of a keycap.
const fn can_be_joined(before: Option<char>, joiner: char) -> bool {
    match before {
        Some('0'..='9' | '#' | '*') => joiner == '\u{fe0f}',
        Some(before) => !before.is_ascii() && (!is_invisible(before) || is_joiner(before)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_passes() {
        for text in [
            "",
            "Payments to Zapier",
            "Zahlungen für München",
            "支払い",
            "👩\u{200d}💻 paid",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        ] {
            assert_eq!(Invisible::find_in_words(text), None, "{text}");
        }
        assert_eq!(Invisible::find_in_lines("a\n\tb\r\n"), None);
    }

    #[test]
    fn what_is_not_seen_is_found_with_its_place() {
        for character in "\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}\u{a0}\u{202f}\u{ad}\u{202e}\u{2066}\u{200e}\u{61c}\u{85}\u{2028}\u{3000}\u{fe0f}\u{e0041}\u{0}\u{7f}".chars() {
            let found = Invisible::find_in_lines(&format!("ab{character}c")).unwrap();
            assert_eq!((found.character, found.at), (character, 2));
            assert_eq!(Invisible::find(&format!("ä{character}")).unwrap().at, 2);
        }
        assert_eq!(
            Invisible::find_in_words("a\nb").unwrap().to_string(),
            "an invisible character (U+000A)"
        );
        assert_eq!(Invisible::find_in_words("\u{200d}").unwrap().at, 0);
    }
}
