//! Which webhooks get which events, prepared once per config.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use config::Config;
use delivery::{Json, Places};
use domain::event::{self, Event, EventHeader};
use domain::webhook::Webhook;

/// Event names for which the matching webhooks are remembered.
const MOST_NAMES: usize = 4096;
/// Most terms of an event: each is a row.
const MOST_TERMS: usize = 1000;
/// Longest term of exact search, in bytes: ids, references and e-mail addresses are shorter.
const MAX_TERM: usize = 320;

/// A config's webhooks, by event.
pub(super) struct Routes {
    webhooks: Vec<Arc<Webhook>>,
    by_id: HashMap<String, usize>,
    lookup: Vec<(String, Vec<String>)>,
    names: RefCell<HashMap<String, Arc<Named>>>,
    /// The last one that was asked for: mostly it is the next one, too.
    last: RefCell<Option<Arc<Named>>>,
}

/// What a config says about the events of one name.
struct Named {
    name: String,
    /// The webhooks that want them.
    places: Vec<usize>,
    /// What exact search finds them by.
    paths: Vec<LookupPath>,
}

/// A lookup path: its first name, and the rest of it.
struct LookupPath {
    head: String,
    /// Every member is meant.
    is_any: bool,
    rest: String,
}

impl LookupPath {
    fn new(path: &str) -> Self {
        let (head, rest) = split(path);
        Self { head: head.into(), is_any: head == "*", rest: rest.into() }
    }

    fn leads_to(&self, name: &str) -> bool {
        self.is_any || self.head == name
    }
}

impl Routes {
    /// Prepares a config.
    pub(super) fn new(config: &Config) -> Self {
        let webhooks: Vec<_> = config.webhooks.iter().cloned().map(Arc::new).collect();
        Self {
            by_id: (0..).zip(&webhooks).map(|(place, hook)| (hook.id.clone(), place)).collect(),
            lookup: config.lookup.clone().into_iter().collect(),
            names: RefCell::default(),
            last: RefCell::default(),
            webhooks,
        }
    }

    /// All webhooks.
    pub(super) fn webhooks(&self) -> &[Arc<Webhook>] {
        &self.webhooks
    }

    /// The webhook with this id.
    pub(super) fn webhook(&self, id: &str) -> Option<&Arc<Webhook>> {
        self.by_id.get(id).map(|place| &self.webhooks[*place])
    }

    /// The webhooks that get an event.
    pub(super) fn of<'a>(&'a self, header: &'a EventHeader<'a>) -> Vec<&'a Arc<Webhook>> {
        if !header.only.is_empty() {
            return header.only.lines().filter_map(|id| self.webhook(id)).collect();
        }
        let named = self.named(header.name);
        let wanting = named.places.iter().map(|place| &self.webhooks[*place]);
        wanting.filter(|webhook| webhook.turns_away(header).is_none()).collect()
    }

    fn named(&self, name: &str) -> Arc<Named> {
        let mut last = self.last.borrow_mut();
        if let Some(last) = last.as_ref().filter(|last| last.name == name) {
            return Arc::clone(last);
        }
        let named = self.find(name);
        *last = Some(Arc::clone(&named));
        named
    }

    fn find(&self, name: &str) -> Arc<Named> {
        let mut names = self.names.borrow_mut();
        if let Some(named) = names.get(name) {
            return Arc::clone(named);
        }
        let wants =
            |webhook: &Webhook| webhook.events.iter().any(|pattern| event::matches(pattern, name));
        let places = (0..self.webhooks.len()).filter(|place| wants(&self.webhooks[*place]));
        let lookup = self.lookup.iter().filter(|(pattern, _)| event::matches(pattern, name));
        let paths = lookup.flat_map(|(_, paths)| paths).map(|path| LookupPath::new(path));
        let named = Arc::new(Named {
            name: name.to_owned(),
            places: places.collect(),
            paths: paths.collect(),
        });
        if names.len() >= MOST_NAMES {
            names.clear();
        }
        names.insert(name.to_owned(), Arc::clone(&named));
        named
    }

    /// The terms by which exact search finds an event: the values at the catalogue's paths.
    pub(super) fn terms(&self, event: &Event) -> Vec<String> {
        let named = self.named(&event.name);
        if named.paths.is_empty() {
            return Vec::new();
        }
        let mut terms = BTreeSet::new();
        let search = Search { paths: &named.paths, terms: &mut terms };
        // Data that is no JSON has no terms. All of it is checked to be UTF-8 at once, which costs
        // less than to do so text by text.
        let Ok(data) = simdutf8::basic::from_utf8(event.data()) else { return Vec::new() };
        match serde_json::Deserializer::from_str(data).deserialize_any(search) {
            Ok(()) => terms.into_iter().collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// Looks for values while the data is read, so that only what a path leads to is kept: reading
/// all of it would be a third of what taking an event in costs.
struct Search<'a> {
    paths: &'a [LookupPath],
    terms: &'a mut BTreeSet<String>,
}

/// A member's name where it stands, copied only where it holds an escape.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event's data")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(Name(name)) = members.next_key()? {
            let mut led_to = self.paths.iter().filter(|path| path.leads_to(&name));
            let Some(first) = led_to.next() else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: &RawValue = members.next_value()?;
            collect_text(value.get(), &first.rest, self.terms);
            led_to.for_each(|path| collect_text(value.get(), &path.rest, self.terms));
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            // A list has no names: only what leads to every member leads anywhere.
            for path in self.paths.iter().filter(|path| path.is_any) {
                collect_text(item.get(), &path.rest, self.terms);
            }
        }
        Ok(())
    }
}

/// A path's first name, and the rest of it.
fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}

/// Adds the values at a dotted path of a value as it was written: as a tree, what a path leads
/// into may be a hundred times as large.
fn collect_text(json: &str, path: &str, terms: &mut BTreeSet<String>) {
    match (path, json.as_bytes().first()) {
        ("", Some(b'{' | b'[')) => {}
        ("", _) => add(json, terms),
        (_, Some(b'{' | b'[')) => {
            if let Ok(places) = Places::of(json) {
                collect(places.value(json), path, terms);
            }
        }
        _ => {}
    }
}

/// Adds the values at a dotted path; `*` stands for every member.
fn collect(value: Json<'_>, path: &str, terms: &mut BTreeSet<String>) {
    if path.is_empty() {
        return add(value.raw(), terms);
    }
    let (head, rest) = split(path);
    if head == "*" {
        value.items().for_each(|item| collect(item, rest, terms));
        value.members().for_each(|(_, member)| collect(member, rest, terms));
    } else if let Some(member) = value.member(head) {
        collect(member, rest, terms);
    }
}

/// Adds a text or number as it was written.
fn add(json: &str, terms: &mut BTreeSet<String>) {
    if terms.len() >= MOST_TERMS {
        return;
    }
    let term = match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(|Name(text)| store::term(&text)),
        Some(b'-' | b'0'..=b'9') => {
            serde_json::from_str(json).map(|number: serde_json::Number| number.to_string())
        }
        _ => return,
    };
    if let Ok(term) = term
        && (1..=MAX_TERM).contains(&term.len())
    {
        terms.insert(term);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(document: &str) -> Routes {
        Routes::new(&Config::from_json(document.as_bytes(), 1, &[]).expect("a config"))
    }

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.into(), ..Event::example(data) }
    }

    #[test]
    fn an_event_goes_to_those_who_want_it_or_are_named() {
        let hook = |id: &str, event: &str| {
            format!(
                r#"{{"id":"{id}","url":"https://a.example/","events":["{event}"],"signature":"none"}}"#
            )
        };
        let routes = routes(&format!("[{},{}]", hook("a", "payment_*"), hook("b", "*")));
        let ids = |name, only| {
            let header = EventHeader { name, only, ..EventHeader::example() };
            routes.of(&header).iter().map(|webhook| webhook.id.clone()).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            assert_eq!(ids("payment_failed", ""), ["a", "b"]);
            assert_eq!(ids("login", ""), ["b"]);
            assert_eq!(ids("login", "a\ngone\n"), ["a"]);
        }
    }

    #[test]
    fn terms_are_the_values_at_the_paths() {
        let routes = routes(
            r#"{"webhooks":[],"lookup":{"order_*":["id","customer.email","items.*.sku","none"]}}"#,
        );
        let data = r#"{"id":7,"customer":{"email":" Ann@Example.org "},"items":[{"sku":"A"},{"sku":"B"}]}"#;
        assert_eq!(routes.terms(&event("order_paid", data)), ["7", "a", "ann@example.org", "b"]);
        assert!(routes.terms(&event("login", data)).is_empty());
        let routes = self::routes(r#"{"webhooks":[],"lookup":{"list":["*.id","a","*"]}}"#);
        assert_eq!(routes.terms(&event("list", r#"[{"id":1},{"id":2},"X"]"#)), ["1", "2", "x"]);
        assert!(routes.terms(&event("list", r#"[{"id":1},"#)).is_empty());
    }

    #[test]
    fn terms_of_what_multiplies_are_few_and_found_at_any_depth() {
        let routes = routes(r#"{"webhooks":[],"lookup":{"order":["id","x.id","x.*.id"]}}"#);
        let deep = format!("{}7{}", r#"{"k":"#.repeat(400), "}".repeat(400));
        let data = format!(r#"{{"x":{{"deep":{deep},"id":"A"}},"id":7}}"#);
        assert_eq!(routes.terms(&event("order", &data)), ["7", "a"]);
        let many: Vec<_> = (0..50_000).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let data = format!(r#"{{"x":[{}]}}"#, many.join(","));
        assert_eq!(routes.terms(&event("order", &data)).len(), MOST_TERMS);
    }
}
