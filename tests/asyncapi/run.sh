#!/usr/bin/env bash
# docs/asyncapi.json against AsyncAPI's own parser, and its examples against its schemas.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
# The parser goes into the schemas by recursion: those of whole orders need more than the usual stack.
exec node --stack-size=8000 validate.js
