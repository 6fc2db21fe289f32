#!/usr/bin/env bash
# Puts the wsrep_sst_* scripts into target/galera, with which a node of a cluster gets another one's data.
#
# Debian has them in mariadb-server alone, which would start a server at boot: its package is fetched and
# unpacked, not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ ! -e target/galera/complete ] || exit 0
mkdir -p target/galera
to=$(cd target/galera && pwd)
cd "$to"
apt-get -qq -o APT::Sandbox::User=root download mariadb-server >/dev/null
dpkg-deb -x mariadb-server_*.deb root
rm -f mariadb-server_*.deb
mkdir -p scripts
cp root/usr/bin/wsrep_sst_* scripts/
rm -rf root
touch complete
