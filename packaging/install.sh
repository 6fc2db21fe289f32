#!/usr/bin/env bash
# `make install`: puts what was built into the system, or below DESTDIR. Starts and reloads nothing.
#
#   sudo make install                     (after `make build`, as yourself)
#   make install DESTDIR=/tmp/package
#
# From the environment:
#   DESTDIR=  PREFIX=/usr/local
#   PHP_CONFIG=php-config                 the PHP to install for, the one that was built for
#   SPOOL_USER=www-data                   who owns the spool: php-fpm's user
#   PLUGINS=                              the network's wp-content/plugins
set -euo pipefail
cd "$(dirname "$0")/.."

destdir=${DESTDIR-}
prefix=${PREFIX:-/usr/local}
spool=/var/lib/webhooks
user=${SPOOL_USER:-www-data}
php_config=$(command -v "${PHP_CONFIG:-php-config}") || {
	echo "There is no ${PHP_CONFIG:-php-config}. Name the PHP to install for: PHP_CONFIG=/path/to/php-config" >&2
	exit 1
}
extension=target/release/libwebhooks_php.so
worker=target/release/webhooks-worker
for part in "$extension" "$worker"; do
	[ -e "$part" ] || {
		echo "There is no $part yet. Try, as yourself: make build" >&2
		exit 1
	}
done
[ -n "$destdir" ] || [ "$(id -u)" = 0 ] || {
	echo "Only root may install into the system: sudo make install" >&2
	exit 1
}

# place MODE FROM TO: as a new file and a rename, since running processes have the old one mapped.
place() {
	install -D -m "$1" "$2" "$destdir$3.new"
	mv "$destdir$3.new" "$destdir$3"
	echo "$destdir$3"
}

place 755 "$worker" "$prefix/bin/webhooks-worker"
place 644 "$extension" "$("$php_config" --extension-dir)/webhooks.so"

# Debian keeps a folder for each SAPI, with links to one place; elsewhere there is one folder.
folder=$("$php_config" --ini-dir)
case $folder in
/etc/php/*/*/conf.d)
	version=${folder%/*/conf.d}
	ini=$version/mods-available/webhooks.ini
	for sapi in cli fpm; do
		[ -d "$version/$sapi" ] || continue
		mkdir -p "$destdir$version/$sapi/conf.d"
		ln -sfn "$ini" "$destdir$version/$sapi/conf.d/20-webhooks.ini"
		echo "$destdir$version/$sapi/conf.d/20-webhooks.ini"
	done
	;;
?*) ini=$folder/20-webhooks.ini ;;
*)
	echo "This PHP reads no folder of ini files: $php_config --ini-dir is empty." >&2
	exit 1
	;;
esac
# What an administrator wrote stays.
if [ ! -e "$destdir$ini" ]; then
	content=$(<packaging/webhooks.ini)
	install -D -m 644 /dev/stdin "$destdir$ini" <<<"${content//@BINDIR@/"$prefix/bin"}"
fi
echo "$destdir$ini"

mkdir -p "$destdir${spool%/*}"
if [ ! -d "$destdir$spool" ]; then
	if [ "$(id -u)" = 0 ]; then
		id "$user" >/dev/null 2>&1 || {
			echo "There is no user $user here. Name php-fpm's: SPOOL_USER=name" >&2
			exit 1
		}
		install -d -m 2770 -o "$user" -g "$(id -g "$user")" "$destdir$spool"
	else
		install -d -m 2770 "$destdir$spool"
	fi
fi
echo "$destdir$spool"

plugins=${PLUGINS:-$prefix/share/network-webhooks}
rm -rf "$destdir$plugins/network-webhooks"
mkdir -p "$destdir$plugins"
cp -rL php/network-webhooks "$destdir$plugins/network-webhooks"
chmod -R u=rwX,go=rX "$destdir$plugins/network-webhooks"
echo "$destdir$plugins/network-webhooks"

[ -z "$destdir" ] || exit 0
echo
echo "Next: restart php-fpm, and activate the plugin for the network."
[ -n "${PLUGINS-}" ] ||
	echo "The network finds it by: ln -s ${plugins@Q}/network-webhooks /path/to/wp-content/plugins/"
