#!/usr/bin/env bash
# Formatting and lints: Rust, PHP after WordPress's style, and shell.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --check
cargo clippy --workspace --all-targets -- -D warnings
phpcs --standard=phpcs.xml.dist
php tests/lint/words.php
php tests/plugins/lint.php
for stub in stubs/*.php; do php -n -l "$stub" >/dev/null; done
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

# What make plugin-check does not ask has its reason.
sed -n 's/.*<exclude name="\(.*\)".*/\1/p' packaging/plugin-check/ruleset.xml | while read -r rule; do
	grep -qF "\`$rule\`" docs/plugin-check.md || {
		echo "packaging/plugin-check/ruleset.xml leaves $rule out, and docs/plugin-check.md has no reason for it." >&2
		exit 1
	}
done
