#!/usr/bin/env bash
# The example plugin's own test, run as its author would: from a clean folder, against a network in
# which Network Webhooks is active, with PHPUnit 9 and 11, in processes of their own, and without the
# extension. And that nothing of it was sent, though a webhook subscribes to everything.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
if [ -z "${WP_ROOT-}" ]; then exec "$here/../network/with.sh" "$0"; fi

clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
cp -r "$project/docs/example-plugin" "$clean/example"
cd "$clean/example"

eleven=$("$here/phpunit11.sh")
nine() { phpunit "$@"; }
eleven() {
	php -d include_path="$eleven/share/php" "$eleven/bin/phpunit" --display-all-issues \
		--fail-on-deprecation --fail-on-phpunit-deprecation --fail-on-notice --fail-on-warning "$@"
}
without_extension() (
	unset PHP_INI_SCAN_DIR
	! php -r 'exit( (int) ! extension_loaded( "webhooks" ) );' || {
		echo "This PHP has the extension all the same."
		exit 1
	}
	"$@"
)

passed=0
failed=0
# says NAME TEXT COMMAND…: that a command prints a text, each line of which may stand elsewhere.
says() {
	local name=$1 text=$2 output line
	shift 2
	output=$("$@" 2>&1) || true
	while read -r line; do
		if ! grep -qF -- "$line" <<<"$output"; then
			printf 'not ok: %s. It does not say: %s\n%s\n' "$name" "$line" "$output"
			failed=$((failed + 1))
			return
		fi
	done <<<"$text"
	echo "ok: $name"
	passed=$((passed + 1))
}
changed() (
	cp -r "$clean/example" "$clean/changed"
	trap 'rm -rf "$clean/changed"' EXIT
	cd "$clean/changed"
	sed -i "$1" tests/Course_Finished_Test.php
	shift
	"$@"
)
# The failure that the documentation shows: the block that begins with these words.
shown=$(sed -n '/^No webhook “course_finished”/,/^```/p' "$project/docs/developers.md" | grep -v '^```')
[ "$(wc -l <<<"$shown")" -ge 4 ] || {
	echo "docs/developers.md shows no failed assertion." >&2
	exit 1
}

php "$here/network.php" subscribe
all='OK (5 tests,'
says 'PHPUnit 9' "$all" nine
says 'PHPUnit 9, a process for each test' "$all" nine --process-isolation
says 'PHPUnit 9, in any order' "$all" nine --order-by=random
says 'PHPUnit 9 without the extension' "$all" without_extension nine
says 'PHPUnit 9 without the extension, a process for each test' "$all" without_extension nine --process-isolation
says 'PHPUnit 11' "$all" eleven
says 'PHPUnit 11, a process for each test' "$all" eleven --process-isolation
says 'PHPUnit 11 without the extension' "$all" without_extension eleven

everybody="s/'post_title'  => 'Bread for Beginners'/'post_title'  => 'Bread for Everybody'/"
for version in nine eleven; do
	says "$version: a failure is told as the documentation shows it" "$shown" changed "$everybody" "$version"
	says "$version: a payload that does not fit its schema" 'data.lessons has to be integer, and is "three".' "$version" "$here/faulty"
	says "$version: what WordPress's test case does around a test" 'OK (5 tests,' "$version" "$here/wordpress-style"
	says "$version: the same in processes of their own" 'OK (5 tests,' "$version" --process-isolation "$here/wordpress-style"
	says "$version: a test without the trait sends nothing" 'OK (2 tests,' "$version" "$here/plain"
	says "$version: so does one in a process of its own" 'OK (2 tests,' "$version" --process-isolation "$here/plain"
done
says 'What is otherwise without the extension is told' 'does not have the extension “webhooks”' without_extension nine "$here/faulty"
says 'Nothing was sent' '0 events' php "$here/network.php" count
says 'A suite that opts in dispatches' 'FAILURES!' nine --bootstrap "$here/opted-in.php" "$here/plain"
says 'And its events are sent' '2 events' php "$here/network.php" count
says 'The plugin works without Network Webhooks' 'finished 1 course, without an error' php "$here/network.php" without

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
