#!/usr/bin/env bash
# Counts instructions, see guard.php. `--write` takes what is counted as the new budgets.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --workspace --lib --bin reference
exec php tests/bench/guard.php "$@"
