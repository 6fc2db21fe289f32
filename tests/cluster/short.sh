#!/usr/bin/env bash
# One seed with one MariaDB, two workers and six faults: what every run of the tests does. SEED= (1).
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=target/cluster-short exec tests/cluster/run.sh "${BUILD:-target/release}" --short --first "${SEED:-1}" --seeds 1
