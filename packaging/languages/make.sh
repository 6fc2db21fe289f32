#!/usr/bin/env bash
# `make languages`: the plugin's texts for translators, and their translations for WordPress.
#
#   network-webhooks.pot                       every text, from PHP and JavaScript
#   network-webhooks-nl_NL.po                  a language: what translators edit
#   network-webhooks-nl_NL.mo, .l10n.php       made of it, for PHP
#   network-webhooks-nl_NL-<md5>.json          made of it, for a script: see compile.php
#
#   packaging/languages/make.sh [FOLDER]
#
# FOLDER is php/network-webhooks/languages where none is given. From the environment:
#   LOCALE=de_DE      begins a language that is not there yet
#
# What changed in a text keeps its old translation, marked “fuzzy”, until a translator looked at it:
# it isn't used, and the tests fail. There are no line numbers, and no date but the translators' own,
# so that a file differs only where a text does.
set -euo pipefail
[ $# = 0 ] || mkdir -p "$1"
folder=$(realpath "${1:-$(dirname "$0")/../../php/network-webhooks/languages}")
cd "$(dirname "$0")/../.."
project=$PWD
plugin=$project/php/network-webhooks
wordpress=$project/target/wordpress/site
[ -e "$wordpress/wp-includes" ] || {
	echo "There is no WordPress yet, whose own classes write the files. Try: tests/network/install.sh languages wordpress" >&2
	exit 1
}

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only calls that name a domain, which is ours everywhere: those without one are WordPress's texts.
keywords='__:1,2t _e:1,2t esc_html__:1,2t esc_html_e:1,2t esc_attr__:1,2t esc_attr_e:1,2t
	_x:1,2c,3t _ex:1,2c,3t esc_html_x:1,2c,3t esc_attr_x:1,2c,3t
	_n:1,2,4t _nx:1,2,4c,5t _n_noop:1,2,3t _nx_noop:1,2,3c,4t'

# What the list of plugins shows comes from the head of the plugin's file.
header() {
	local field text
	printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
	for field in 'Plugin Name' Description; do
		text=$(sed -n "s/^ \* $field: *//p" "$plugin/network-webhooks.php" | sed 's/[\\"]/\\&/g')
		printf '\n#. %s of the plugin\n#: network-webhooks.php\nmsgid "%s"\nmsgstr ""\n' "$field" "$text"
	done
}

header >"$work/header.po"
php -d display_errors=stderr "$project/packaging/languages/sources.php" "$plugin" "$work/sources" >"$work/files"
cd "$work/sources"
# shellcheck disable=SC2046,SC2086 # a list of words
xgettext "$work/header.po" --files-from="$work/files" --output="$work/texts.pot" --from-code=UTF-8 \
	--keyword $(printf -- '--keyword=%s ' $keywords) --add-comments=translators: \
	--add-location=file --sort-by-file --no-wrap
cat >"$work/network-webhooks.pot" <<-'POT'
	# Network Webhooks
	# License: GPL-2.0-or-later
	msgid ""
	msgstr ""
	"Project-Id-Version: Network Webhooks\n"
	"PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\n"
	"MIME-Version: 1.0\n"
	"Content-Type: text/plain; charset=UTF-8\n"
	"Content-Transfer-Encoding: 8bit\n"
	"X-Domain: network-webhooks\n"
POT
# From the empty line after xgettext's own header.
sed -n '/^$/,$p' "$work/texts.pot" >>"$work/network-webhooks.pot"
cp "$work/network-webhooks.pot" "$folder/"

cd "$folder"
new=${LOCALE:+network-webhooks-$LOCALE.po}
if [ -n "$new" ] && [ ! -e "$new" ]; then
	msginit --no-translator --no-wrap --locale="$LOCALE.UTF-8" --input=network-webhooks.pot --output-file="$new"
	sed -i "s/YEAR-MO-DA HO:MI+ZONE/$(date -u +%Y-%m-%d\ %H:%M+0000)/" "$new"
fi

for po in network-webhooks-*.po; do
	[ -e "$po" ] || continue
	msgmerge --quiet --previous --no-wrap --add-location=file --output-file="$work/merged.po" "$po" network-webhooks.pot
	msgattrib --no-obsolete --no-wrap --add-location=file --output-file="$work/$po" "$work/merged.po"
	msgfmt --check --output-file="$work/${po%.po}.mo" "$work/$po"
	cp "$work/$po" "$work/${po%.po}.mo" .
	printf '%-30s' "$po"
	msgfmt --statistics --output-file=/dev/null "$po" 2>&1
done
php -n -d display_errors=stderr "$project/packaging/languages/compile.php" "$wordpress" "$folder"
