#!/usr/bin/env bash
# `make plugin-check DIR=…`: the plugin as the WordPress Coding Standards and Plugin Check see it.
#
#   packaging/plugin-check/run.sh DIR [phpcs's options]
#
# DIR holds their public sources, each in a folder of its repository's name: WordPress-Coding-Standards,
# PHPCSUtils, PHPCSExtra, plugin-check, and PHP_CodeSniffer 3.9 or a later 3.x, as the one that Debian 12
# has is too old for them. None of it is part of this project. What they find and this project leaves as
# it is stands in docs/plugin-check.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

dir=${1-}
[ -n "$dir" ] || {
	echo "usage: make plugin-check DIR=… (a folder with the sources: see $0)" >&2
	exit 2
}
dir=$(realpath -- "$dir")
shift
for path in PHP_CodeSniffer/bin/phpcs PHPCSUtils/PHPCSUtils PHPCSExtra/Universal \
	WordPress-Coding-Standards/WordPress plugin-check/phpcs-sniffs/PluginCheck; do
	[ -e "$dir/$path" ] || {
		repository=${path%%/*}
		owner=PHPCSStandards
		case $repository in WordPress-Coding-Standards | plugin-check) owner=WordPress ;; esac
		echo "There is no $dir/$path. Try: git clone https://github.com/$owner/$repository $dir/$repository" >&2
		exit 1
	}
done

standards=$dir/PHPCSUtils,$dir/PHPCSExtra,$dir/WordPress-Coding-Standards,$dir/plugin-check/phpcs-sniffs
cd "$here/../../php/network-webhooks"
php "$dir/PHP_CodeSniffer/bin/phpcs" --runtime-set installed_paths "$standards" \
	--standard="$here/ruleset.xml" --basepath=. "$@" .
echo "The plugin has nothing that they find, beside what docs/plugin-check.md lists."
