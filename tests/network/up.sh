#!/usr/bin/env bash
# Starts a WordPress network of its own: a database, php-fpm with the extension, nginx on a loopback
# port, a fresh network with the plugin activated, and an empty spool.
#
#   tests/network/up.sh DIR        DIR does not exist yet, or is empty; all of the run lives in it
#   . DIR/env                      WP_ROOT, WP_URL, ADMIN_USER, … (see the end of this file)
#   tests/network/down.sh DIR      stops it and removes the folder
#
# From the environment:
#   HOST=127.0.0.1  PORT=free one   where it answers
#   SUBDOMAINS=1                    sites as subdomains of network.localhost
#   BUILD=target/release            where the parts were built
#   EXTENSION= WORKER=              other ones; EXTENSION=none: a PHP without the extension
#   PLUGIN=none                     the plugin is not installed
#   STORE=mysql:                    where the log lies (webhooks.store): in the network's own database
#   MYSQLD=                         the program of a MySQL, in place of MariaDB: see mysql.sh
#   OBJECT_CACHE=1                  a persistent object cache: see object-cache.php
#   SPOOL_SIZE=                     a spool of this size, such as 16m: a tmpfs (only as root)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=process.sh
. "$here/process.sh"

fail() {
	echo "$*" >&2
	exit 1
}

[ $# = 1 ] || fail "usage: $0 DIR"
mkdir -p "$1"
dir=$(cd "$1" && pwd -P)
[ -z "$(ls -A "$dir")" ] || fail "$dir is not empty: a run needs a folder of its own."
trap '[ $? = 0 ] || "$here/down.sh" "$dir"' EXIT
bytes() (
	LC_ALL=C
	echo ${#1}
)
[ "$(bytes "$dir")" -le 80 ] || fail "$dir is too long a path: the sockets in it would have more than 107 bytes."

build=$project/${BUILD:-target/release}
extension=${EXTENSION-$build/libwebhooks_php.so}
worker=${WORKER-$build/webhooks-worker}
wordpress=$project/target/wordpress/site
plugin=$project/php/network-webhooks
[ -e "$wordpress/../complete" ] || fail "There is no WordPress yet. Try: tests/network/install.sh network wordpress"
[ "$extension" = none ] || [ -e "$extension" ] || fail "There is no extension at $extension. Try: make build"
[ "$extension" = none ] || [ -x "$worker" ] || fail "There is no worker at $worker. Try: make build"
[ "${PLUGIN-}" = none ] || [ -e "$plugin/network-webhooks.php" ] || fail "There is no plugin at $plugin."
for command in mariadbd mariadb-install-db mariadb nginx php; do
	command -v $command >/dev/null || fail "There is no $command here. Try: tests/network/install.sh network"
done
php=$(php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
fpm=$(command -v "php-fpm$php") || fail "There is no php-fpm$php here. Try: tests/network/install.sh network"

# As root the servers run as www-data, like on a server; otherwise all of it is the user's.
if [ "$(id -u)" = 0 ]; then
	user=www-data
	as_user=(setpriv --reuid=www-data --regid=www-data --clear-groups)
	"${as_user[@]}" test -x "$(dirname "$dir")" || fail "www-data can't enter $dir: take a folder below /tmp."
else
	user=$(id -un)
	as_user=()
fi

# It stands in the configuration of five programs, each with rules of its own for what has a meaning.
case $dir in *[!A-Za-z0-9_./\ @+,=~-]*) fail "$dir: take a folder whose path is letters, digits and spaces." ;; esac

chmod 755 "$dir"
mkdir "$dir"/{bin,php,run,log,spool,mysql,tmp}
[ -z "${SPOOL_SIZE-}" ] || mount -t tmpfs -o "size=$SPOOL_SIZE" spool "$dir/spool"
chmod 700 "$dir"/{spool,mysql}
chmod 755 "$dir"/{bin,php,run,log}
chmod 1777 "$dir/tmp"
if [ "$user" = www-data ]; then chown www-data: "$dir"/{spool,mysql,log}; fi

# What www-data has to read may lie where it can't go, such as in a clone below /root.
cp -rL "$wordpress" "$dir/wordpress"
mkdir -p "$dir/wordpress/wp-content/uploads" "$dir/wordpress/wp-content/mu-plugins"
if [ "$user" = www-data ]; then chown www-data: "$dir/wordpress/wp-content/uploads"; fi
[ "${PLUGIN-}" = none ] || cp -rL "$plugin" "$dir/wordpress/wp-content/plugins/"

echo "sys_temp_dir=\"$dir/tmp\"" >"$dir/php/webhooks.ini"
if [ "$extension" != none ]; then
	cp -L "$extension" "$dir/php/webhooks.so"
	cp -L "$worker" "$dir/bin/webhooks-worker"
	cat >>"$dir/php/webhooks.ini" <<-INI
		extension="$dir/php/webhooks.so"
		webhooks.spool="$dir/spool"
		webhooks.worker="$dir/bin/webhooks-worker"
		webhooks.allow="127.0.0.0/8 ::1/128 localhost"
		webhooks.store="${STORE-}"
	INI
fi
chmod -R u=rwX,go=rX "$dir"/{bin,php,wordpress}
# After Debian's own folder: the CLI and fpm each have one.
export PHP_INI_SCAN_DIR=:$dir/php

### The database
if [ -n "${MYSQLD-}" ]; then
	database=MySQL
	program=("$MYSQLD" --no-defaults --mysqlx=OFF --skip-log-bin)
	# Its program may lie where only root gets.
	if [ "$user" = www-data ]; then program+=(--user=www-data); fi
	tables=("${program[@]}" --initialize-insecure)
else
	database=MariaDB
	program=("${as_user[@]}" setsid mariadbd --no-defaults --character-set-server=utf8mb4)
	tables=("${as_user[@]}" mariadb-install-db --no-defaults --skip-test-db --force
		--auth-root-authentication-method=normal --innodb-log-file-size=8M)
fi
(
	cd "$dir/mysql"
	"${tables[@]}" --datadir="$dir/mysql/data" >"$dir/log/database.log" 2>&1
	"${program[@]}" --datadir="$dir/mysql/data" --socket="$dir/mysql/s.sock" --pid-file="$dir/mysql/pid" \
		--skip-networking --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M \
		</dev/null >>"$dir/log/database.log" 2>&1 &
)
sql() { mariadb --no-defaults --socket="$dir/mysql/s.sock" --user=root "$@"; }
wait_until 30 sql -e 'SELECT 1' >/dev/null 2>&1 || {
	tail "$dir/log/database.log" >&2
	fail "$database did not start."
}
sql -e 'CREATE DATABASE wordpress'

### php-fpm and nginx
if [ -n "${SUBDOMAINS-}" ]; then host=${HOST:-network.localhost}; else host=${HOST:-127.0.0.1}; fi
case $host in localhost | *.localhost) listen=127.0.0.1 ;; *) listen=$host ;; esac

configure() {
	local directives=''
	if [ "$user" = www-data ]; then directives=$2; fi
	sed -e "s|@DIR@|$dir|g; s|@LISTEN@|$listen|; s|@PORT@|${port-}|; s|@USER@|$directives|" "$here/$1.conf" >"$dir/run/$1.conf"
}
configure fpm 'user = www-data\ngroup = www-data'
(cd "$dir" && "$fpm" --fpm-config "$dir/run/fpm.conf" >>"$dir/log/fpm.log" 2>&1) || {
	tail "$dir/log/fpm.log" >&2
	fail "php-fpm did not start."
}

nginx_answers() {
	configure nginx 'user www-data;'
	(cd "$dir" && nginx -p "$dir" -c "$dir/run/nginx.conf" -e "$dir/log/nginx.log" 2>/dev/null)
}
is_free() { ! (exec 3<>"/dev/tcp/$listen/$1") 2>/dev/null; }
if [ -n "${PORT-}" ]; then
	port=$PORT
	nginx_answers || fail "nginx can't listen at $listen:$port: $(head -n 1 "$dir/log/nginx.log")"
else
	for _ in {1..50}; do
		port=$((RANDOM % 12000 + 20000))
		! is_free $port || ! nginx_answers || break
		port=
	done
	[ -n "$port" ] || fail "nginx did not start: $(tail -n 1 "$dir/log/nginx.log")"
fi

### The network
random() { head -c 500 /dev/urandom | LC_ALL=C tr -dc a-zA-Z0-9 | head -c "$1"; }
cat >"$dir/env" <<ENV
export RUN_DIR='$dir'
export WP_ROOT='$dir/wordpress'
export WP_URL='http://$host:$port'
export WP_HOST='$host:$port'
export WP_SUBDOMAINS='${SUBDOMAINS:+1}'
export ADMIN_USER='admin'
export ADMIN_PASSWORD='$(random 20)'
export DB_SOCKET='$dir/mysql/s.sock'
export DB_NAME='wordpress'
export DB_USER='root'
export SPOOL='$dir/spool'
export STORE='${STORE-}'
export WORKER='$dir/bin/webhooks-worker'
export PHP_USER='$user'
export PHP_INI='$dir/php/webhooks.ini'
export PHP_INI_SCAN_DIR=':$dir/php'
export PHP_FPM='$fpm'
export FPM_CONF='$dir/run/fpm.conf'
export FPM_SOCKET='$dir/run/fpm.sock'
export FPM_PID_FILE='$dir/run/fpm.pid'
ENV
chmod 600 "$dir/env"
# shellcheck source=/dev/null
. "$dir/env"
sed -e "s|@DIR@|$dir|g; s|@HOST@|$WP_HOST|; s|@SUBDOMAINS@|$WP_SUBDOMAINS|; s|@SALT@|$(random 40)|" \
	"$here/wp-config.php" >"$WP_ROOT/wp-config.php"
cp "$here/network.php" "$dir/run/"
"${as_user[@]}" php "$dir/run/network.php" </dev/null
# Not before: what the installation writes past WordPress would be unknown to it.
[ -z "${OBJECT_CACHE-}" ] || install -m 644 "$here/object-cache.php" "$WP_ROOT/wp-content/"
