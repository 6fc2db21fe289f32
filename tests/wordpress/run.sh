#!/usr/bin/env bash
# All of PHPUnit's tests, half of them in each of two networks. Ends with the summary of each half.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=../network/halves.sh
. tests/network/halves.sh

configurations=$(mktemp -d)
trap 'rm -rf "$configurations"' EXIT

# The largest first, each to the half that has less to do so far.
declare -a bytes=(0 0) files=('' '')
while read -r size file; do
	half=$((bytes[0] <= bytes[1] ? 0 : 1))
	bytes[half]=$((bytes[half] + size))
	files[half]+="<file>$file</file>"
done < <(find "$PWD/tests/wordpress" -maxdepth 1 -name '*-test.php' -printf '%s %p\n' | sort -rn)

half() {
	local configuration=$configurations/$1.xml
	sed "s|bootstrap=\"|bootstrap=\"$PWD/tests/wordpress/|; s|<directory.*</directory>|${files[$1]}|" \
		tests/wordpress/phpunit.xml >"$configuration"
	exec tests/network/with.sh phpunit --configuration "$configuration"
}
halves half
