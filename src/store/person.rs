//! Whose data is to be forgotten, and where it occurs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A person: an e-mail address, a user's id, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Compared without regard to case.
    pub email: Option<String>,
    /// The id of a WordPress user.
    pub user_id: Option<u64>,
}

impl Person {
    /// Whether the person occurs in a JSON document: the address as a whole word in any text,
    /// or the id as the value of a member that names a user (`user_id`, `customer_user_id`,
    /// `actor.user`).
    ///
    /// What is no JSON (a damaged record) is searched as text: too much forgotten is the smaller
    /// mistake.
    pub fn occurs_in(&self, document: &[u8]) -> bool {
        match serde_json::from_slice(document) {
            Ok(value) => self.is_in(&value, ""),
            Err(_) => self.is_in_bytes(&String::from_utf8_lossy(document).to_lowercase()),
        }
    }

    /// Whether the person occurs in the search terms of an event whose payload is gone. A number
    /// among them may be anybody's or anything's.
    pub fn occurs_in_terms(&self, terms: &[String]) -> bool {
        terms.iter().any(|term| self.is_text(term))
    }

    /// Whether a term may be the id of the person.
    pub fn may_be(&self, term: &str) -> bool {
        self.is_id(term.parse().ok())
    }

    fn is_in_bytes(&self, text: &str) -> bool {
        let id_follows = |(at, member): (usize, &str)| {
            let value = text[at + member.len()..].trim_start_matches('"');
            let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
            self.is_id(value[..end].parse().ok())
        };
        self.email.as_ref().is_some_and(|email| text.contains(&email.to_lowercase()))
            || ["user_id\":", "\"user\":", "userid\":"]
                .iter()
                .any(|member| text.match_indices(member).any(id_follows))
    }

    fn is_in(&self, value: &Value, member: &str) -> bool {
        match value {
            Value::Object(members) => {
                members.iter().any(|(name, value)| self.is_in(value, name) || self.is_text(name))
            }
            Value::Array(items) => items.iter().any(|item| self.is_in(item, member)),
            Value::String(text) => {
                self.is_text(text) || (names_a_user(member) && self.is_id(text.parse().ok()))
            }
            Value::Number(number) => names_a_user(member) && self.is_id(number.as_u64()),
            Value::Null | Value::Bool(_) => false,
        }
    }

    fn is_id(&self, id: Option<u64>) -> bool {
        id.is_some() && id == self.user_id
    }

    /// Whether the address stands in the text, and not as the end or beginning of another one.
    fn is_text(&self, text: &str) -> bool {
        let Some(email) = self.email.as_ref().map(|email| email.to_lowercase()) else {
            return false;
        };
        let text = text.to_lowercase();
        text.match_indices(&email).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut after = text[at + email.len()..].chars();
            let next = after.next();
            let goes_on = |c: char| c.is_alphanumeric() || c == '-';
            let longer = before.is_some_and(|c| c.is_alphanumeric() || "._%+-".contains(c))
                || next.is_some_and(goes_on)
                || (next == Some('.') && after.next().is_some_and(goes_on));
            !longer
        })
    }
}

fn names_a_user(member: &str) -> bool {
    let member = member.to_ascii_lowercase();
    member == "user" || member == "userid" || member == "user_id" || member.ends_with("_user_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_as_a_whole_and_an_id_only_where_it_names_a_user() {
        let person = Person { email: Some("Ann@Example.org".into()), user_id: Some(7) };
        for (document, expected) in [
            (r#"{"data":{"customer":{"email":"ann@example.org"}}}"#, true),
            (r#"{"data":{"address":"Company\nann@example.org\nStreet"}}"#, true),
            (r#"{"data":{"note":"write to <ANN@example.ORG>."}}"#, true),
            (r#"{"data":{"email":"joann@example.org"}}"#, false),
            (r#"{"data":{"email":"ann@example.org.uk"}}"#, false),
            (r#"{"data":{"ann@example.org":1}}"#, true),
            (r#"{"actor":{"user":7}}"#, true),
            (r#"{"data":{"customer_user_id":"7"}}"#, true),
            (r#"{"data":{"user_ids":[7]}}"#, false),
            (r#"{"data":{"order_id":7,"user_id":8}}"#, false),
            ("email=ann@example.org", true),
            ("email=bob@example.org", false),
            (r#"damaged {"user_id":"7","#, true),
            (r#"damaged {"user_id":71,"#, false),
        ] {
            assert_eq!(person.occurs_in(document.as_bytes()), expected, "{document}");
        }
    }
}
