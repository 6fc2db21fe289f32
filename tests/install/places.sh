#!/usr/bin/env bash
# A clone works wherever it lies: below /tmp, which tests mount over, below a folder that only root can
# enter, in a path with spaces, and behind a symbolic link. What was built is taken along.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD

places=$(mktemp -d /tmp/network-webhooks-places.XXXXXX)
trap 'rm -rf "$places"' EXIT
chmod 755 "$places"

clone() { # FOLDER
	mkdir -p "$1/target/release"
	git ls-files -z --cached --others --exclude-standard |
		tar --create --null --ignore-failed-read --files-from - 2>/dev/null | tar --extract --directory "$1"
	ln -s "$project/target/wordpress" "$1/target/wordpress"
	cp -L target/release/{webhooks-worker,libwebhooks_php.so,endpoint} "$1/target/release/"
}
clone "$places/with spaces/net work webhooks"
mkdir -m 700 "$places/private"
clone "$places/private/clone"
ln -s "with spaces/net work webhooks" "$places/link"

passed=0
failed=0
works() { # FOLDER COMMAND…
	local name=${1#"$places"/}
	if (cd "$1" && "${@:2}") </dev/null >"$places/output" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name: ${*:2}"
	else
		failed=$((failed + 1))
		echo "FAIL $name: ${*:2}"
		tail -n 40 "$places/output" | sed 's/^/     | /'
	fi
}
for place in "with spaces/net work webhooks" private/clone link; do
	place=$places/$place
	works "$place" make --no-print-directory help
	works "$place" make --no-print-directory install "DESTDIR=$place/target/a package" "PREFIX=/opt/my tools" "PLUGINS=/srv/my site/plugins"
	works "$place" tests/phpt/run.sh target/release/libwebhooks_php.so tests/phpt/301-spool.phpt tests/phpt/601-log.phpt
	works "$place" tests/fpm/run.sh preload
	works "$place" tests/install/run.sh
	works "$place" tests/install/bare.sh
	works "$place" env ONCE=1 BUILD=target/release tests/demo/demo.sh
done
# What runs in Node turns addresses of files into paths.
place="$places/with spaces/net work webhooks"
tests/network/install.sh browser
ln -s "$project/tests/e2e/node_modules" "$place/tests/e2e/node_modules"
works "$place" env FLOW=01-first-webhook tests/e2e/run.sh
echo "places: $passed passed, $failed failed"
[ $failed = 0 ]
