#!/usr/bin/env bash
# Puts Debian's PHPUnit 11, of the release after the one that has PHPUnit 9, into target/phpunit11
# without installing it, and prints its path. It is PHP alone and runs on 8.2.
set -euo pipefail
cd "$(dirname "$0")/../.."

suite=trixie
packages=(phpunit php-deepcopy php-phar-io-manifest php-phar-io-version php-codecoverage
	php-file-iterator php-invoker php-text-template php-timer php-tokenizer php-parser
	php-staabm-side-effects-detector phpunit-cli-parser phpunit-code-unit
	phpunit-code-unit-reverse-lookup phpunit-comparator phpunit-complexity phpunit-diff
	phpunit-environment phpunit-exporter phpunit-global-state phpunit-lines-of-code
	phpunit-object-enumerator phpunit-object-reflector phpunit-recursion-context phpunit-type
	phpunit-version)

target=$PWD/target/phpunit11
root=$target/root
if [ ! -e "$target/complete" ]; then
	# shellcheck source=../network/packages.sh
	. tests/network/packages.sh
	rm -rf "$target"
	mkdir -p "$root"
	fetch_packages "$target" $suite "${packages[@]}" || {
		cat "$target/log" >&2
		echo "PHPUnit 11 could not be had from $suite." >&2
		exit 1
	}
	for package in "$target"/packages/*.deb; do dpkg-deb -x "$package" "$root"; done
	# Some of its files name each other by the place where they would be installed.
	grep -rlZ "'/usr/share/php/" --include='*utoload.php' "$root/usr/share/php" |
		xargs -0 sed -i "s|'/usr/share/php/|'$root/usr/share/php/|"
	touch "$target/complete"
fi
echo "$root/usr"
