#!/usr/bin/env bash
# The store on a MySQL in place of MariaDB: the suite that every engine passes, workers, and the log in WordPress's
# own database. Not in `make test`, as the MySQL comes from Debian's suite sid, which has it today.
#
# Left out is tests/worker_proxied.rs, whose replica is MariaDB's.
set -euo pipefail
cd "$(dirname "$0")/../.."
MYSQLD=$(tests/network/mysql.sh)
export MYSQLD

cargo test --workspace --lib mysql::
cargo test --workspace --test worker_copies --test worker_kept --test worker_moving --test worker_mysql \
	--test worker_servers
STORE=mysql: tests/network/with.sh phpunit --configuration tests/wordpress \
	--filter '(Network_Database|Deliveries|Overview|Webhook_View|Backfill|Privacy)_Test'
