#!/usr/bin/env bash
# The test itself; run.sh starts it in namespaces of its own.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
passed=0

expect() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@" >/tmp/output 2>&1; then
		passed=$((passed + 1))
		echo "ok   $what"
	else
		echo "FAIL $what"
		sed 's/^/     | /' /tmp/output
		echo "make install: $passed passed, 1 failed"
		exit 1
	fi
}

! mountpoint -q / || mount --make-rprivate /
mount -t tmpfs -o mode=755 changes /mnt
# What is mounted here and below may cover the project, of which this process still has the folder.
project=/mnt/project
mkdir $project
mount --bind --no-canonicalize . $project
cd $project
for folder in etc usr var; do
	mkdir -p "/mnt/$folder" "/mnt/$folder.work"
	mount -t overlay -o "lowerdir=/$folder,upperdir=/mnt/$folder,workdir=/mnt/$folder.work" overlay "/$folder"
done
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs -o mode=755 run /run
mkdir /run/php

version=$(php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
ini=/etc/php/$version/mods-available/webhooks.ini
owner_and_mode() { [ "$(stat -c '%U %a' "$1")" = "$2" ]; }

DESTDIR=/tmp/package packaging/install.sh >/tmp/listed
are_there() {
	while read -r path; do
		[ -e "$path" ] || [ -L "$path" ] || {
			echo "$path"
			return 1
		}
	done </tmp/listed
}
expect "below DESTDIR lies what is listed" are_there
expect "and nothing in the system" test ! -e /var/lib/webhooks -a ! -e "$ini"

expect "with the plugin as it is, its languages too" diff -r php/network-webhooks /tmp/package/usr/local/share/network-webhooks/network-webhooks

expect "installs into the system" packaging/install.sh
expect "the spool belongs to php-fpm's user" owner_and_mode /var/lib/webhooks 'www-data 2770'
expect "the CLI has the extension" php --ri webhooks

echo 'webhooks.allow = 127.0.0.0/8' >>"$ini"
expect "installs again" packaging/install.sh
expect "and keeps what an administrator wrote" grep -q '^webhooks.allow = 127' "$ini"

target/release/endpoint --record /tmp/received.jsonl --config /var/lib/webhooks/config.json --live >/tmp/live &
until [ -s /tmp/live ]; do sleep 0.02; done
export ENDPOINT_URL
ENDPOINT_URL=$(head -n 1 /tmp/live)
# shellcheck disable=SC2016 # the variables are PHP's
expect "root's CLI publishes a webhook" php -r '
	webhooks_configure([["id" => "one", "url" => getenv("ENDPOINT_URL"), "events" => ["*"],
		"secrets" => [["secret" => "whsec_" . base64_encode(random_bytes(24))]]]], 1);'

expect "php-fpm starts on Debian's configuration" "php-fpm$version"
mkdir -p /var/www/html
cp tests/fpm/app.php /var/www/html/
# shellcheck disable=SC2016
expect "a request dispatches" php -r '
	require $argv[1] . "/tests/fpm/class-fastcgi.php";
	$answer = Fastcgi::send("/run/php/php$argv[2]-fpm.sock", "/var/www/html/app.php", "count=2")->answer();
	exit(2 === count(json_decode((string) $answer, true)["ids"] ?? []) ? 0 : 1);' -- "$project" "$version"

arrived() {
	for _ in $(seq 1500); do
		[ "$(grep -c 'order.created .* 200 *verified' /tmp/live)" -lt 2 ] || return 0
		sleep 0.02
	done
	cat /var/lib/webhooks/worker.log /var/log/php*-fpm.log
	return 1
}
expect "both events arrive, and their signatures are right" arrived

is_right_worker() {
	local pid
	pid=$(php -r 'echo webhooks_status()["worker"]["pid"];')
	[ "$(readlink "/proc/$pid/exe")" = /usr/local/bin/webhooks-worker ] && [ "$(stat -c %U "/proc/$pid")" = www-data ]
}
expect "by the installed worker, as php-fpm's user" is_right_worker
all_owned() { [ -z "$(find /var/lib/webhooks ! -user www-data)" ]; }
expect "to whom all of the spool belongs" all_owned

echo "make install: $passed passed, 0 failed"
