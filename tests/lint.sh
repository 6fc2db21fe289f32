#!/usr/bin/env bash
# Formatting and lints: Rust, PHP after WordPress's style, and shell.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --check
cargo clippy --workspace --all-targets -- -D warnings
phpcs --standard=phpcs.xml.dist
for stub in stubs/*.php; do php -n -l "$stub" >/dev/null; done
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
