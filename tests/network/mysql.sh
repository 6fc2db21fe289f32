#!/usr/bin/env bash
# Puts MySQL, from Debian's suite sid, into target/mysql without installing it, and prints where its `mysqld` is.
#
# It comes with all libraries that it needs, down to the C library, as sid's are newer than this machine's.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=packages.sh
. tests/network/packages.sh

to=$PWD/target/mysql
if [ ! -e "$to/complete" ]; then
	rm -rf "$to"
	mkdir -p "$to/root"
	echo "Fetching MySQL" >&2
	CLOSURE=1 fetch_packages "$to" sid mysql-server-core || {
		cat "$to/log" >&2
		echo "MySQL could not be had from Debian's suite sid." >&2
		exit 1
	}
	for package in "$to"/packages/*.deb; do dpkg-deb -x "$package" "$to/root"; done
	rm -rf "$to/packages"
	libraries=$(dirname "$(find "$to/root" -name 'libc.so.6' -print -quit)")
	loader=$(find "$libraries" -name 'ld-linux*' -print -quit)
	cat >"$to/mysqld" <<-WRAPPER
		#!/bin/sh
		# As an option file may be named only first, what this adds comes last.
		exec "$loader" --library-path "$libraries:$to/root/usr/lib/mysql/private" "$to/root/usr/sbin/mysqld" "\$@" \\
			--basedir="$to/root/usr" --lc-messages-dir="$to/root/usr/share/mysql" --secure-file-priv=NULL
	WRAPPER
	chmod +x "$to/mysqld"
	"$to/mysqld" --version >"$to/complete"
	echo "$(cat "$to/complete"), from Debian sid" >&2
fi
echo "$to/mysqld"
