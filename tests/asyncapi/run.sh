#!/usr/bin/env bash
# docs/asyncapi.json against AsyncAPI's own parser, and its examples against its schemas.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
exec node validate.js
