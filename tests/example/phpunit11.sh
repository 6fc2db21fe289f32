#!/usr/bin/env bash
# Puts Debian's PHPUnit 11, of the release after the one that has PHPUnit 9, into target/phpunit11
# without installing it, and prints its path. The machine's packages and apt sources stay as they are.
#
# It is PHP alone and runs on 8.2. Which mirror it comes from says the machine's own configuration.
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
	rm -rf "$target"
	mkdir -p "$target"/{lists/partial,cache/archives/partial,packages,root}
	mirror=$(apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
		grep -v security | head -n 1)
	echo "deb $mirror $suite main" >"$target/sources.list"
	apt=(-o Dir::Etc::sourcelist="$target/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::State::lists="$target/lists" -o Dir::Cache="$target/cache" -o APT::Sandbox::User=root
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
	{
		apt-get -qq "${apt[@]}" update
		cd "$target/packages"
		apt-get -qq "${apt[@]}" download "${packages[@]/%//$suite}"
	} >"$target/log" 2>&1 </dev/null || {
		cat "$target/log" >&2
		echo "PHPUnit 11 could not be had from $suite." >&2
		exit 1
	}
	for package in *.deb; do dpkg-deb -x "$package" "$root"; done
	# Some of its files name each other by the place where they would be installed.
	grep -rlZ "'/usr/share/php/" --include='*utoload.php' "$root/usr/share/php" |
		xargs -0 sed -i "s|'/usr/share/php/|'$root/usr/share/php/|"
	touch "$target/complete"
fi
echo "$root/usr"
