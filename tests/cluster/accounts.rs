//! What was dispatched, as those who did it wrote it down: a line before and a line after each dispatch,
//! see tests/chaos/produce.php.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use testkit::payload::{Number, payload};
use webhooks::id::EventId;

use crate::test_webhooks::names;

/// An event whose id was returned to its caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dispatched {
    pub(crate) id: EventId,
    pub(crate) number: Number,
    pub(crate) name: &'static str,
}

/// What all of them wrote down.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) dispatched: Vec<Dispatched>,
    /// Events of which nobody was told what became: their caller was killed, or nobody answered it.
    pub(crate) open: Vec<Number>,
    /// Why an event was refused, or that it was not wanted.
    pub(crate) refused: Vec<String>,
}

impl Accounts {
    /// Reads the files of a folder, one of each producer.
    pub(crate) fn read(&mut self, folder: &Path, seed: u64) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(folder).map_err(told)? {
            let path = entry.map_err(told)?.path();
            let name = path.file_stem().and_then(|name| name.to_str()?.parse().ok());
            let producer: u64 = name.ok_or_else(|| format!("{}: whose?", path.display()))?;
            let text = std::fs::read_to_string(&path).map_err(told)?;
            self.take(seed, producer, &text)?;
        }
        Ok(())
    }

    fn take(&mut self, seed: u64, producer: u64, text: &str) -> Result<(), String> {
        let mut ids: BTreeMap<u64, EventId> = BTreeMap::new();
        let mut open = HashMap::new();
        for line in text.lines() {
            let unreadable = || format!("producer {producer}: \"{line}\"");
            let mut words = line.splitn(3, ' ');
            let (kind, number) = (words.next(), words.next().and_then(|word| word.parse().ok()));
            let number: u64 = number.ok_or_else(unreadable)?;
            let rest = words.next().unwrap_or_default();
            open.remove(&number);
            match kind {
                Some("?") => drop(open.insert(number, ())),
                Some("=") => {
                    let id = rest.parse().map_err(|_| unreadable())?;
                    if ids.insert(number, id).is_some_and(|before| before != id) {
                        self.refused.push(format!("({producer}, {number}) got two ids"));
                    }
                }
                Some("!") | Some("0") => self.refused.push(line.to_owned()),
                _ => return Err(unreadable()),
            }
        }
        self.dispatched.extend(ids.iter().map(|(number, id)| {
            let number = (producer, *number);
            Dispatched { id: *id, number, name: payload(&names(), seed, number).0 }
        }));
        let is_open = |number: &&u64| !ids.contains_key(number);
        self.open.extend(open.keys().filter(is_open).map(|number| (producer, *number)));
        Ok(())
    }
}
