#!/usr/bin/env bash
# A walk through the pages on two servers of one network in a browser: tests/e2e/two-servers.
#
# The first server is that of tests/network/up.sh, with its log in the network's database. The second has a host name,
# php-fpm, a spool and a worker of its own; nginx leads to it whoever has the cookie `server=b`, as a load balancer
# does. BUILD: where the parts were built (target/release).
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${RUN_DIR-}" ] || STORE=mysql: exec tests/network/with.sh tests/cluster/pages.sh "$@"
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=../network/process.sh
. tests/network/process.sh

second=$RUN_DIR/second
mkdir "$second" "$second"/{bin,php,run,log,spool,tmp}
chmod 755 "$second" "$second"/{bin,php,run,log}
chmod 700 "$second/spool"
chmod 1777 "$second/tmp"
own=()
if [ "$(id -u)" = 0 ]; then chown www-data: "$second"/{spool,log}; else own=(--user --map-current-user --keep-caps); fi
install -m 755 "$WORKER" "$second/bin/webhooks-worker"
sed -E "s#$RUN_DIR/(spool|tmp|bin)#$second/\1#" "$PHP_INI" >"$second/php/webhooks.ini"
sed -E "s#$RUN_DIR/(run|log)#$second/\1#; s#^chdir = .*#chdir = \"$second\"#" "$FPM_CONF" >"$second/run/fpm.conf"
(
	cd "$second"
	# shellcheck disable=SC2016 # for the shell within
	PHP_INI_SCAN_DIR=":$second/php" unshare "${own[@]}" --uts bash -c 'echo server-b >/proc/sys/kernel/hostname; exec "$@"' bash \
		"$PHP_FPM" --fpm-config "$second/run/fpm.conf" >>"$second/log/fpm.log" 2>&1
) || {
	tail "$second/log/fpm.log" >&2
	echo "The second server's php-fpm did not start." >&2
	exit 1
}

# Which server a browser is led to.
sed -i "s|fastcgi_pass .*|fastcgi_pass \$server_of_browser;|; s|^http {|http {\n\tmap \$cookie_server \$server_of_browser {\n\t\tdefault \"unix:$FPM_SOCKET\";\n\t\tb \"unix:$second/run/fpm.sock\";\n\t}|" "$RUN_DIR/run/nginx.conf"
nginx -p "$RUN_DIR" -c "$RUN_DIR/run/nginx.conf" -e "$RUN_DIR/log/nginx.log" -s reload
# shellcheck disable=SC2317 # called by wait_until
leads_to_both() {
	local a b
	a=$(curl --silent --output /dev/null --write-out '%{http_code}' "$WP_URL/wp-login.php")
	b=$(curl --silent --output /dev/null --write-out '%{http_code}' --cookie server=b "$WP_URL/wp-login.php")
	[ "$a $b" = '200 200' ]
}
wait_until 10 leads_to_both

SERVER_A=$(cat /proc/sys/kernel/hostname)
export SERVER_A SERVER_B=server-b FLOWS=two-servers
tests/e2e/run.sh
