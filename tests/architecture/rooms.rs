//! Rooms and arrows, read from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What `cargo metadata` says, as far as it is asked.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// None where the code itself needs it, else `dev` or `build`.
    kind: Option<String>,
}

/// A part of the project.
pub(crate) struct Room {
    /// The rooms whose names it uses.
    pub(crate) uses: BTreeSet<String>,
}

/// All rooms of one language, by name.
pub(crate) struct House(pub(crate) BTreeMap<String, Room>);

impl House {
    /// The crate at the top and those below `src`, and which depends on which, as cargo has it.
    /// Cargo refuses a circle.
    ///
    /// # Errors
    /// Where cargo can't tell.
    pub(crate) fn of_crates(root: &Path) -> Result<Self, String> {
        let metadata =
            std::process::Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
                .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
                .current_dir(root)
                .output()
                .map_err(|error| format!("cargo metadata: {error}"))?;
        if !metadata.status.success() {
            return Err(String::from_utf8_lossy(&metadata.stderr).into_owned());
        }
        let metadata: Metadata = serde_json::from_slice(&metadata.stdout)
            .map_err(|error| format!("cargo metadata: {error}"))?;
        let (top, src) =
            (metadata.workspace_root.join("Cargo.toml"), metadata.workspace_root.join("src"));
        let ours = |one: &Package| one.manifest_path == top || one.manifest_path.starts_with(&src);
        let crates: Vec<_> = metadata.packages.into_iter().filter(ours).collect();
        let mut rooms = BTreeMap::new();
        for one in &crates {
            let uses = one.dependencies.iter().filter(|used| used.kind.is_none());
            let uses = uses.filter(|used| crates.iter().any(|other| other.name == used.name));
            rooms.insert(
                one.name.clone(),
                Room { uses: uses.map(|used| used.name.clone()).collect() },
            );
        }
        Ok(Self(rooms))
    }

    /// The modules of one crate: each file or folder beside its `mod.rs`. Cargo does not look into
    /// a crate, so a circle there is looked for in the text.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub(crate) fn of_modules(folder: &Path) -> Result<Self, String> {
        let files = files(folder, "rs")?;
        let names: BTreeSet<_> =
            files.iter().map(|(path, _)| room_of(path)).filter(|name| name != "mod").collect();
        let mut rooms = BTreeMap::new();
        for (path, text) in &files {
            let name = room_of(path);
            if !names.contains(&name) {
                continue;
            }
            let code = without_tests(text);
            let used = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            note(&mut rooms, name, used.flat_map(|line| modules_in(line, &names)));
        }
        Ok(Self(rooms))
    }

    /// The folders of the plugin's `includes`. What lies beside them puts the others together, and
    /// would have an arrow to each.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub(crate) fn of_plugin(includes: &Path) -> Result<Self, String> {
        let files = files(includes, "php")?;
        let files: Vec<_> = files.into_iter().filter(|(path, _)| path.contains('/')).collect();
        let room = |path: &str| path.split('/').next().unwrap_or(path).to_owned();
        let mut owners = BTreeMap::new();
        for (path, text) in &files {
            for line in text.lines() {
                let Some(name) = defined(line) else { continue };
                // Two classes of one name in two namespaces: the use is told by its namespace, which
                // this reading does not follow, so neither counts.
                let owner = owners.entry(name.to_owned()).or_insert_with(|| Some(room(path)));
                if owner.as_deref() != Some(&room(path)) {
                    *owner = None;
                }
            }
        }
        let mut rooms = BTreeMap::new();
        for (path, text) in &files {
            let code = text.lines().filter(|line| {
                !line.trim_start().starts_with(['*', '/']) && defined(line).is_none()
            });
            let words = code
                .flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')));
            let uses = words.filter_map(|word| owners.get(word).cloned().flatten());
            note(&mut rooms, room(path), uses);
        }
        Ok(Self(rooms))
    }

    /// Rooms that use each other in a circle; none where data flows one way.
    pub(crate) fn circle(&self) -> Option<Vec<String>> {
        self.0.keys().find_map(|name| self.way(name, name, &mut BTreeSet::new()))
    }

    fn way(&self, from: &str, to: &str, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
        for next in &self.0.get(from)?.uses {
            if next == to {
                return Some(vec![from.to_owned(), to.to_owned()]);
            }
            if seen.insert(next.clone())
                && let Some(mut way) = self.way(next, to, seen)
            {
                way.insert(0, from.to_owned());
                return Some(way);
            }
        }
        None
    }

    /// How far above the ground each room stands, where there is no circle: above all that it uses.
    pub(crate) fn floors(&self) -> BTreeMap<&str, usize> {
        let mut floors: BTreeMap<&str, usize> = self.0.keys().map(|name| (&**name, 0)).collect();
        for _ in 0..self.0.len() {
            for (name, room) in &self.0 {
                let floor = room.uses.iter().map(|used| floors[&**used] + 1).max().unwrap_or(0);
                floors.insert(name, floor);
            }
        }
        floors
    }

    /// Whether a room would lead to one that it uses without using it.
    pub(crate) fn follows(&self, name: &str, used: &str) -> bool {
        let others = self.0[name].uses.iter().filter(|other| *other != used);
        others.into_iter().any(|other| self.way(other, used, &mut BTreeSet::new()).is_some())
    }

    /// The rooms in an order in which most use only later ones: again and again the one that uses
    /// most of those left, and is used by fewest of them.
    pub(crate) fn order(&self) -> Vec<&str> {
        let mut left: Vec<&str> = self.0.keys().map(|name| &**name).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let weight = |name: &str| {
                let uses = left.iter().filter(|other| self.0[name].uses.contains(**other)).count();
                let used = left.iter().filter(|other| self.0[**other].uses.contains(name)).count();
                uses.cast_signed() - used.cast_signed()
            };
            let next = (0..left.len()).rev().max_by_key(|at| weight(left[*at])).unwrap_or(0);
            order.push(left.remove(next));
        }
        order
    }
}

fn note(rooms: &mut BTreeMap<String, Room>, name: String, uses: impl Iterator<Item = String>) {
    let uses: Vec<_> = uses.filter(|used| *used != name).collect();
    let room = rooms.entry(name).or_insert_with(|| Room { uses: BTreeSet::new() });
    room.uses.extend(uses);
}

/// Paths below `folder` (with `/`) and texts of the files of one extension, sorted.
fn files(folder: &Path, extension: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let told = |error: std::io::Error| format!("{}: {error}", next.display());
        for entry in std::fs::read_dir(&next).map_err(told)? {
            let path = entry.map_err(told)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|one| one == extension) {
                let text = std::fs::read_to_string(&path).map_err(told)?;
                let below = path.strip_prefix(folder).unwrap_or(&path);
                found.push((below.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `template/text.rs` → `template`, `clock.rs` → `clock`.
fn room_of(path: &str) -> String {
    path.split_once('/').map_or_else(|| path.trim_end_matches(".rs"), |(first, _)| first).to_owned()
}

/// A file's code before its unit tests, which may use whatever they like.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

/// The modules that a line names after `crate::` or `super::`.
fn modules_in(line: &str, names: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in line.match_indices(start) {
            let rest = &line[at + start.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let name = &rest[..end.unwrap_or(rest.len())];
            if names.contains(name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// The class, interface or trait that a line of PHP defines.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.split(' ').skip_while(|word| matches!(*word, "final" | "abstract"));
    matches!(words.next()?, "class" | "interface" | "trait" | "enum").then_some(())?;
    words.next()
}
