#!/usr/bin/env bash
# Puts the pinned validators beside the test.
set -euo pipefail
cd "$(dirname "$0")"
[ node_modules/.package-lock.json -nt package-lock.json ] ||
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
