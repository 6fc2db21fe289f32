#!/usr/bin/env bash
# Delivers in every format and verifies what arrived with the libraries of PyPI and npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/target/interop

cargo test --quiet --test delivery_interop

if [ ! -x "$out/venv/bin/python" ]; then
	python3 -m venv "$out/venv"
fi
"$out/venv/bin/pip" install --quiet --disable-pip-version-check 'standardwebhooks==1.1.0' 'cloudevents==2.2.0'
npm install --silent --no-save --no-audit --no-fund --prefix "$out" 'standardwebhooks@1.1.1'

"$out/venv/bin/python" tests/interop/verify.py "$out/requests.jsonl"
# Node.js looks for packages beside the script.
cp tests/interop/verify.mjs "$out/"
node "$out/verify.mjs" "$out/requests.jsonl"
