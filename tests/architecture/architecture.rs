//! Draws docs/architecture.svg from the code: `make docs`. With `--check` it only says whether the
//! picture is still what the code is.
//!
//! A room is a crate, a module of the crate `domain`, or a folder of the plugin; an arrow is a use of
//! one room's names in another. Nothing is drawn that is not in the code.

mod picture;
mod rooms;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rooms::House;

/// Where the picture lies, from the project's root.
const PICTURE: &str = "docs/architecture.svg";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The picture of the code as it is.
fn draw() -> Result<String, String> {
    let crates = House::of_crates(&root())?;
    let domain = House::of_modules(&root().join("src/domain"))?;
    let plugin = House::of_plugin(&root().join("php/network-webhooks/includes"))?;
    if let Some(circle) = domain.circle() {
        return Err(format!("modules import each other in a circle: {}", circle.join(" → ")));
    }
    Ok(picture::draw(&[("Crates", &crates), ("Crate domain", &domain), ("Plugin", &plugin)]))
}

fn run() -> Result<(), String> {
    let path = root().join(PICTURE);
    let drawn = draw()?;
    if std::env::args().any(|argument| argument == "--check") {
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        return if kept == drawn {
            Ok(())
        } else {
            Err(format!("{PICTURE} is not what the code is any more. Try: make docs"))
        };
    }
    std::fs::write(&path, drawn).map_err(|error| format!("{PICTURE}: {error}"))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_picture_is_what_the_code_is() {
        let kept = std::fs::read_to_string(super::root().join(super::PICTURE)).unwrap_or_default();
        assert!(kept == super::draw().unwrap(), "docs/architecture.svg is old. Try: make docs");
    }

    #[test]
    fn what_the_page_names_is_there() {
        let page = std::fs::read_to_string(super::root().join("docs/architecture.md")).unwrap();
        let named: Vec<_> = page
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.contains('/') && !code.contains(' '))
            .collect();
        for path in &named {
            let plugin = super::root().join("php/network-webhooks").join(path);
            assert!(super::root().join(path).exists() || plugin.exists(), "there is no {path}");
        }
        assert!(named.len() > 30, "{named:?}");
    }
}
