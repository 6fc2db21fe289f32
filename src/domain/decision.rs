//! What becomes of an event for a webhook: whether it is for it at all, and if so, whether it is
//! sent now. Asked in this order by the worker, for every event that it takes in, and by
//! whoever wants to know beforehand.

use crate::event::{self, EventHeader, Flags};
use crate::webhook::Webhook;

/// The webhook is paused.
pub const PAUSED: &str = "paused";
/// The webhook is switched off: its endpoint is gone, or failed for too long.
pub const DISABLED: &str = "disabled";
/// The webhook is invalid and set aside; what waits goes out when it is mended.
pub const INVALID: &str = "invalid";
/// The webhook is set aside, and so is what would say whether it wants the event: a person
/// decides once it is mended.
pub const UNJUDGED: &str = "unjudged";
/// It waited in a store that was restored from a backup: nobody knows whether it was sent since.
pub const RESTORED: &str = "restored";
/// As [`RESTORED`], and its server remembers that it was sent since.
pub const RESTORED_SENT: &str = "restored_sent";
/// The webhook's condition said no.
pub const CONDITION: &str = "condition";

/// Why an event is not for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It names the webhooks that may get it, and this is none of them.
    Only,
    /// Its name.
    Event,
    /// It is part of an import.
    Import,
    /// It is about the whole network.
    Network,
    /// The site that it is about.
    Site,
}

impl Mismatch {
    /// The word used in JSON and PHP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Only => "only",
            Self::Event => "event",
            Self::Import => "import",
            Self::Network => "network",
            Self::Site => "site",
        }
    }
}

/// What becomes of an event that is for a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<E> {
    /// A test: sent at once and once, whatever the webhook's state and condition.
    Test,
    /// It is sent.
    Send,
    /// The condition said no.
    Skip,
    /// The condition can't be asked of it.
    Fail(E),
    /// It is kept until the webhook is sent to again: a code.
    Hold(String),
}

impl Webhook {
    /// Why an event with these fields is not for this webhook; none: it is.
    pub fn turns_away(&self, event: &EventHeader<'_>) -> Option<Mismatch> {
        if !event.only.is_empty() {
            let named = event.only.lines().any(|id| id == self.id);
            return (!named).then_some(Mismatch::Only);
        }
        // One of the log: those that it named have had it.
        if event.flags.has(Flags::NAMED) {
            return Some(Mismatch::Only);
        }
        if !self.events.iter().any(|pattern| event::matches(pattern, event.name)) {
            return Some(Mismatch::Event);
        }
        if event.flags.has(Flags::IMPORT) && !self.include_imports {
            return Some(Mismatch::Import);
        }
        if event.flags.has(Flags::NETWORK) {
            return (!self.network_events).then_some(Mismatch::Network);
        }
        (!self.sites.include(event.site)).then_some(Mismatch::Site)
    }

    /// Why nothing is sent to this webhook now: a code, which its held deliveries bear. `network`:
    /// why nothing is sent to any.
    pub fn held<'a>(&self, network: Option<&'a str>, disabled: bool) -> Option<&'a str> {
        match network {
            Some(reason) => Some(reason),
            None if self.paused => Some(PAUSED),
            None if self.set_aside.is_some() => Some(INVALID),
            None => disabled.then_some(DISABLED),
        }
    }

    /// What becomes of an event that is for this webhook. The condition is asked before any
    /// hold, as nobody asks it again when that ends.
    pub fn decide<E>(
        &self,
        flags: Flags,
        condition: impl FnOnce() -> Result<bool, E>,
        held: impl FnOnce() -> Option<String>,
    ) -> Decision<E> {
        if flags.has(Flags::TEST) {
            return Decision::Test;
        }
        if self.set_aside.as_ref().is_some_and(|aside| aside.unsure) {
            // Whatever else holds it too: when that ends, nobody has judged it yet.
            return Decision::Hold(UNJUDGED.to_owned());
        }
        match condition() {
            Err(error) => Decision::Fail(error),
            Ok(false) => Decision::Skip,
            Ok(true) => held().map_or(Decision::Send, Decision::Hold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn webhook(more: &str) -> Webhook {
        let json = format!(
            r#"{{"id":"whk_1","url":"https://crm.example/in","events":["payment_*"]{more}}}"#
        );
        serde_json::from_str(&json).expect("a webhook")
    }

    fn header(
        name: &'static str,
        site: u64,
        flags: Flags,
        only: &'static str,
    ) -> EventHeader<'static> {
        EventHeader { site, flags, name, only, ..EventHeader::example() }
    }

    #[test]
    fn it_gets_what_it_subscribes_to_and_says_why_not() {
        let none = Flags::default();
        let of = |site| header("payment_received", site, none, "");
        let network = header("payment_received", 3, Flags::NETWORK, "");
        let all = webhook("");
        assert_eq!(all.turns_away(&of(3)), None);
        assert_eq!(all.turns_away(&header("refund", 3, none, "")), Some(Mismatch::Event));
        let some = webhook(r#","sites":{"only":[3]},"network_events":false"#);
        assert_eq!(some.turns_away(&of(3)), None);
        assert_eq!(some.turns_away(&of(4)), Some(Mismatch::Site));
        assert_eq!(some.turns_away(&network), Some(Mismatch::Network));
        let but = webhook(r#","sites":{"except":[3]}"#);
        assert_eq!(but.turns_away(&of(3)), Some(Mismatch::Site));
        assert_eq!((but.turns_away(&of(4)), but.turns_away(&network)), (None, None));
        let import = header("payment_received", 3, Flags::IMPORT, "");
        assert_eq!(all.turns_away(&import), Some(Mismatch::Import));
        assert_eq!(webhook(r#","include_imports":true"#).turns_away(&import), None);
        // Who is named gets it, subscribed or not.
        assert_eq!(all.turns_away(&header("other", 3, Flags::TEST, "whk_0\nwhk_1\n")), None);
        let another = header("payment_received", 3, Flags::TEST, "whk_11\n");
        assert_eq!(all.turns_away(&another), Some(Mismatch::Only));
        // The log knows that it was for some alone, and not for whom.
        let kept = Event::new(&header("payment_received", 3, none, "whk_1\n"), 1, [].into());
        assert_eq!(all.turns_away(&kept.header()), Some(Mismatch::Only));
    }

    #[test]
    fn the_network_comes_before_the_webhook() {
        let (active, paused) = (webhook(""), webhook(r#","paused":true"#));
        assert_eq!(active.held(None, false), None);
        assert_eq!(active.held(None, true), Some(DISABLED));
        assert_eq!(paused.held(None, true), Some(PAUSED));
        assert_eq!(paused.held(Some("copy"), true), Some("copy"));
    }

    #[test]
    fn the_condition_is_asked_before_the_hold_and_a_test_asks_neither() {
        let decide = |flags, condition: Result<bool, ()>, held: Option<&str>| {
            webhook("").decide(flags, || condition, || held.map(str::to_owned))
        };
        let none = Flags::default();
        assert_eq!(decide(none, Ok(true), None), Decision::Send);
        assert_eq!(decide(none, Ok(true), Some("paused")), Decision::Hold("paused".into()));
        assert_eq!(decide(none, Ok(false), Some("paused")), Decision::Skip);
        assert_eq!(decide(none, Err(()), Some("paused")), Decision::Fail(()));
        assert_eq!(decide(Flags::TEST, Err(()), Some("paused")), Decision::Test);
    }

    #[test]
    fn a_webhook_that_is_set_aside_is_held_and_never_fails_for_its_condition() {
        let aside = |unsure: bool| {
            webhook(&format!(
                r#","set_aside":{{"field":"url","message":"the URL is empty","unsure":{unsure}}}"#
            ))
        };
        assert_eq!(aside(false).held(None, true), Some(INVALID));
        assert_eq!(aside(false).held(Some("copy"), true), Some("copy"));
        let decide = |unsure, condition: Result<bool, ()>, held: Option<&str>| {
            aside(unsure).decide(Flags::default(), || condition, || held.map(str::to_owned))
        };
        assert_eq!(decide(false, Ok(true), Some(INVALID)), Decision::Hold(INVALID.into()));
        assert_eq!(decide(false, Ok(false), Some(INVALID)), Decision::Skip);
        assert_eq!(decide(true, Err(()), Some(PAUSED)), Decision::Hold(UNJUDGED.into()));
    }
}
