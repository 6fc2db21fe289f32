#!/usr/bin/env bash
# Installs what a set of parts needs and this machine lacks; silent and quick where nothing does.
#
#   tests/network/install.sh build network test
#
# No service is started or enabled, and the machine's apt sources stay as they are.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin

usage() {
	echo "usage: $0 SET…   sets: build network wordpress test languages browser interop scenario bench cluster loopback" >&2
	exit 2
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "Packages are missing, and only root may install them. As root: apt-get install $*" >&2
		exit 1
	fi
}

# Debian's own PHP: 8.2 in bookworm.
php_version() {
	if command -v php >/dev/null; then
		php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;'
	else
		apt-cache show php-cli 2>/dev/null | sed -n 's/^Depends:.* php\([0-9.]*\)-cli.*/\1/p' | head -n 1
	fi
}

# The packages of a set, as "package" or, where another package may bring it, "package:command".
packages() {
	local php=php$1
	case $2 in
	build)
		echo "$php-cli:php $php-dev libclang-dev"
		;;
	network)
		echo "$php-cli:php $php-fpm $php-mysql $php-xml $php-mbstring $php-curl ca-certificates" \
			"mariadb-server-core:mariadbd mariadb-client-core:mariadb nginx-light:nginx curl:curl"
		;;
	wordpress) echo "$php-cli:php" ;;
	languages) echo "$php-cli:php gettext:xgettext" ;;
	test) echo "$php-dev $php-xml $php-mbstring phpunit:phpunit php-codesniffer:phpcs gettext:msgfmt shellcheck:shellcheck valgrind:valgrind" ;;
	browser) echo "chromium:chromium nodejs:node npm:npm" ;;
	interop) echo "$php-cli:php python3:python3 python3-pip:pip nodejs:node npm:npm ruby:ruby golang-go:go" ;;
	scenario) echo "strace:strace sqlite3:sqlite3" ;;
	cluster) echo "galera-4 rsync:rsync socat:socat iproute2:ip faketime:faketime" ;;
	loopback) echo "iproute2:ip" ;;
	bench) echo "wrk:wrk nginx-light:nginx" ;;
	*) usage ;;
	esac
}

lacks() {
	local package=${1%%:*}
	case $1 in
	*:*) ! command -v "${1#*:}" >/dev/null ;;
	*) ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ;;
	esac
}

missing() {
	local set entry version
	version=$(php_version)
	for set in "$@"; do
		for entry in $(packages "${version:-8.2}" "$set"); do
			! lacks "$entry" || echo "${entry%%:*}"
		done
	done | sort -u
}

# Which of the servers in these sets would be started at boot: systemd's links, init scripts' links.
enabled() {
	find /etc/systemd/system /etc/rc?.d -type l \( -path '*.wants/*' -o -name 'S*' \) 2>/dev/null |
		grep -E '/(S[0-9]+)?(nginx|php)[^/]*$' | sort || true
}

# Without this file a package's own script starts its service.
policy=/usr/sbin/policy-rc.d
refuse_services() {
	[ -e $policy ] && return
	trap 'as_root rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
	as_root chmod 755 $policy
}

# Takes back what packages enabled at boot; what was enabled before stays so.
disable_new_services() {
	local link name
	for link in $(comm -13 <(echo "$1") <(enabled)); do
		name=${link##*/}
		case $link in
		/etc/rc?.d/*) as_root update-rc.d "${name#S[0-9][0-9]}" disable ;;
		*) as_root rm -f "$link" ;; # all that `systemctl disable` does, and there where systemd is not
		esac
	done >>"$log" 2>&1
}

install_packages() {
	local before
	before=$(enabled)
	refuse_services
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "$@" </dev/null >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "apt-get could not install: $* (all of it: $log)" >&2
		exit 1
	}
	disable_new_services "$before"
}

[ $# -gt 0 ] || usage
for set in "$@"; do packages 0 "$set" >/dev/null; done

if [ -n "$(missing "$@")" ]; then
	mkdir -p target
	log=$PWD/target/install.log
	command -v apt-get >/dev/null || {
		echo "Missing: $(missing "$@" | tr '\n' ' '). There is no apt-get here: install them yourself." >&2
		exit 1
	}
	as_root apt-get -qq update </dev/null >"$log" 2>&1 || {
		cat "$log" >&2
		exit 1
	}
	wanted=$(missing "$@" | tr '\n' ' ')
	echo "Installing $wanted"
	# shellcheck disable=SC2086 # a list of package names
	install_packages $wanted
fi

case " $* " in *" wordpress "*) tests/network/wordpress.sh ;; esac
case " $* " in *" cluster "*) tests/cluster/scripts.sh ;; esac
case " $* " in *" browser "*) tests/e2e/install.sh ;; esac
