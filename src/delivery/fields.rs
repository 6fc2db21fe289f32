//! A webhook's `fields`: the only parts of `data` that it gets.
//!
//! A path names keys from the outside in, separated by dots; `*` stands for every item of a
//! list (or every key): `order.items.*.price`. What a path ends at is kept whole. Kept values
//! stay byte for byte as they were.

use std::collections::BTreeMap;

use super::json::{Json, Kind, NotJson, Places};

use domain::invisible::Invisible;

/// Longest path, in bytes.
pub const MAX_PATH: usize = 500;
/// Most paths of a webhook: each may have to be looked at for each member of the data.
pub const MAX_PATHS: usize = 200;

/// A path that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// It can't be one.
    #[error(
        "the field \"{0}\" is no path below \"data\": keys separated by dots, * for every item of \
         a list (order.items.*.price), at most {MAX_PATH} bytes"
    )]
    Path(String),
    /// It looks like another.
    #[error("the field \"{0}\" contains {1}")]
    Invisible(String, Invisible),
}

/// The paths of a webhook, as a tree whose root comes first: side by side, as a path of 250 names
/// would else be dropped with 250 frames on the stack.
#[derive(Debug, Clone)]
pub struct FieldFilter(Vec<Node>);

#[derive(Debug, Clone, Default)]
struct Node {
    whole: bool,
    below: BTreeMap<String, usize>,
}

/// Whether a path can be one of a webhook's fields.
///
/// # Errors
/// Names the path.
pub fn check_field(path: &str) -> Result<(), FieldError> {
    if path.len() > MAX_PATH || path.split('.').any(str::is_empty) {
        return Err(FieldError::Path(path.chars().take(MAX_PATH).collect()));
    }
    if let Some(invisible) = Invisible::find_in_words(path) {
        return Err(FieldError::Invisible(path.to_owned(), invisible));
    }
    Ok(())
}

impl FieldFilter {
    /// Reads the paths.
    ///
    /// # Errors
    /// Names the first that can't be read.
    pub fn new(paths: &[String]) -> Result<Self, FieldError> {
        let mut nodes = vec![Node::default()];
        for path in paths {
            check_field(path)?;
            let mut at = 0;
            for key in path.split('.') {
                let next = nodes.len();
                at = *nodes[at].below.entry(key.to_owned()).or_insert(next);
                if at == next {
                    nodes.push(Node::default());
                }
            }
            nodes[at].whole = true;
        }
        Ok(Self(nodes))
    }

    /// The named parts of a JSON object or list; where nothing is named, an empty one.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub fn filter(&self, json: &[u8]) -> Result<Vec<u8>, NotJson> {
        let text =
            std::str::from_utf8(json).map_err(|error| NotJson::at_byte(error.valid_up_to()))?;
        let places = Places::of(text)?;
        let mut out = Vec::with_capacity(json.len() / 2);
        filter(places.value(text), &self.0, &mut out);
        Ok(out)
    }
}

/// Appends what is left of a value. Without recursion: data may nest deeply.
///
/// Where the walk is, all paths hold that lead there, by name or by a star. There are at most as
/// many as the webhook has, while a tree that had each star's paths beside each name would
/// double with every star.
fn filter(value: Json<'_>, nodes: &[Node], out: &mut Vec<u8>) {
    type Members<'a> = Box<dyn Iterator<Item = (Option<Json<'a>>, Json<'a>)> + 'a>;
    fn members(value: Json<'_>) -> Members<'_> {
        match value.kind() {
            Kind::List => Box::new(value.items().map(|item| (None, item))),
            _ => Box::new(value.members().map(|(key, value)| (Some(key), value))),
        }
    }
    /// A list or object whose parts are being looked at.
    struct Open<'a, 'p> {
        left: Members<'a>,
        paths: Vec<&'p Node>,
        close: u8,
    }
    /// Appends a value that is kept whole, or the beginning of one whose parts are looked at.
    fn enter<'a, 'p>(
        value: Json<'a>,
        paths: Vec<&'p Node>,
        out: &mut Vec<u8>,
    ) -> Option<Open<'a, 'p>> {
        if paths.iter().any(|path| path.whole) {
            out.extend_from_slice(value.raw().as_bytes());
            return None;
        }
        let (open, close) = if value.kind() == Kind::List { (b'[', b']') } else { (b'{', b'}') };
        out.push(open);
        Some(Open { left: members(value), paths, close })
    }
    let is_kept = |value: Json<'_>, paths: &[&Node]| {
        paths.iter().any(|path| path.whole)
            || (!paths.is_empty() && matches!(value.kind(), Kind::List | Kind::Object))
    };
    let root: Vec<_> = nodes.first().into_iter().collect();
    if !is_kept(value, &root) {
        return;
    }
    let mut open: Vec<_> = enter(value, root, out).into_iter().collect();
    while let Some(inner) = open.last_mut() {
        let Some((key, value)) = inner.left.next() else {
            out.push(inner.close);
            open.pop();
            continue;
        };
        let name = key.map(Json::text);
        let mut paths = Vec::new();
        for path in &inner.paths {
            let named = name.as_deref().filter(|name| *name != "*");
            let named = named.and_then(|name| path.below.get(name));
            paths.extend([named, path.below.get("*")].into_iter().flatten().map(|at| &nodes[*at]));
        }
        if !is_kept(value, &paths) {
            continue;
        }
        if !matches!(out.last(), Some(b'{' | b'[')) {
            out.push(b',');
        }
        if let Some(key) = key {
            out.extend_from_slice(key.raw().as_bytes());
            out.push(b':');
        }
        open.extend(enter(value, paths, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"id":12345678901234567890,"email":"a@b.test","order":{"total":10.0,"items":[{"price":1.50,"name":"x"},{"price":2,"name":"y"},7]},"tags":["a","b"]}"#;

    fn filtered(paths: &[&str]) -> String {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        let json = FieldFilter::new(&paths).unwrap().filter(DATA.as_bytes()).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn what_is_named_stays_byte_for_byte() {
        assert_eq!(filtered(&["id"]), r#"{"id":12345678901234567890}"#);
        assert_eq!(
            filtered(&["order.total", "tags"]),
            r#"{"order":{"total":10.0},"tags":["a","b"]}"#
        );
        assert_eq!(
            filtered(&["order.items.*.price"]),
            r#"{"order":{"items":[{"price":1.50},{"price":2}]}}"#
        );
        assert_eq!(filtered(&["*"]), DATA);
    }

    #[test]
    fn what_is_not_named_is_gone() {
        assert_eq!(filtered(&["nothing"]), "{}");
        assert_eq!(filtered(&["email.local"]), "{}");
        assert_eq!(filtered(&["tags.a"]), r#"{"tags":[]}"#);
        assert_eq!(filtered(&["tags.*"]), r#"{"tags":["a","b"]}"#);
    }

    #[test]
    fn a_star_adds_to_what_is_named_beside_it() {
        let both = filtered(&["*.total", "order.items.*.name"]);
        assert_eq!(
            both,
            r#"{"order":{"total":10.0,"items":[{"name":"x"},{"name":"y"}]},"tags":[]}"#
        );
    }

    #[test]
    fn paths_are_checked() {
        for path in ["", ".", "a..b", "a.", ".a", &"a".repeat(501)] {
            assert!(check_field(path).is_err(), "{path}");
        }
        assert!(check_field("a.*.b c").is_ok());
    }

    #[test]
    fn stars_beside_names_do_not_multiply() {
        // As one tree, these are 2^60 nodes.
        let paths: Vec<_> = (0..60).map(|depth| format!("{}a.x", "*.".repeat(depth))).collect();
        let fields = FieldFilter::new(&paths).unwrap();
        let deep = format!("{}7{}", r#"{"a":"#.repeat(500), "}".repeat(500));
        assert!(fields.filter(deep.as_bytes()).unwrap().starts_with(br#"{"a":{"a":"#));
        let json = fields.filter(br#"{"b":{"a":{"x":1,"y":2}}}"#).unwrap();
        assert_eq!(json, br#"{"b":{"a":{"x":1}}}"#);
    }

    #[test]
    fn depth_takes_no_stack() {
        let path = vec!["k"; 250].join(".");
        let fields = FieldFilter::new(&[path]).unwrap();
        let deep = format!("{}7{}", r#"{"k":"#.repeat(100_000), "}".repeat(100_000));
        let filter = move || fields.filter(deep.as_bytes()).unwrap() == deep.as_bytes();
        let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(filter).unwrap();
        assert!(thread.join().unwrap());
    }
}
