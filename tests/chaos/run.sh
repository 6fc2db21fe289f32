#!/usr/bin/env bash
# Runs tests/chaos on built parts, with mounts of its own: tests/chaos/run.sh [BUILD [ARGUMENTS…]]
#
# BUILD is where the worker and chaos were built (target/release), TOOLS where chaos was, if elsewhere;
# OUT where the results go (target/chaos).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-target/release}
shift || true
PATH=$PATH:/usr/sbin:/sbin

# A mount name space that ends with the run takes its disks along, however that ends.
unshare=(unshare --mount --propagation private)
# In a chroot the root is no mount point; who made it keeps its mounts private.
mountpoint -q / || unshare=(unshare --mount --propagation unchanged)
[ "$(id -u)" = 0 ] || unshare+=(--user --map-root-user)
"${unshare[@]}" true || {
	echo "tests/chaos fills a disk of its own, and may not mount one here: run it as root." >&2
	exit 1
}
mkdir -p "${OUT:=target/chaos}"
exec "${unshare[@]}" "${TOOLS:-$build}/chaos" --worker-binary "$PWD/$build/webhooks-worker" \
	--extension "$PWD/$build/libwebhooks_php.so" --out "$PWD/$OUT" "$@"
