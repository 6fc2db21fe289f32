#!/usr/bin/env bash
# Runs tests/cluster on built parts, in name spaces of its own: tests/cluster/run.sh [BUILD [ARGUMENTS…]]
#
# BUILD is where the worker, the extension and cluster were built (target/release), TOOLS where cluster was, if
# elsewhere; OUT where the results go (target/cluster). Ports, disks and processes are this run's alone, and end with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-target/release}
shift || true
PATH=$PATH:/usr/sbin:/sbin

unshare=(unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private)
# In a chroot the root is no mount point; who made it keeps its mounts private.
mountpoint -q / || unshare=(unshare --mount --net --pid --fork --kill-child --mount-proc --propagation unchanged)
own=()
if [ "$(id -u)" != 0 ]; then
	unshare+=(--user --map-root-user)
	own=(--as-root)
fi
"${unshare[@]}" true || {
	echo "tests/cluster needs ports and disks of its own, and may not make name spaces here: run it as root." >&2
	exit 1
}
mkdir -p "${OUT:=target/cluster}"
scripts=$PWD/target/galera/scripts
# shellcheck disable=SC2016 # for the shell within
exec "${unshare[@]}" bash -c 'ip link set lo up; mount -t tmpfs shm /dev/shm; exec "$@"' bash "${TOOLS:-$build}/cluster" "${own[@]}" \
	--worker-binary "$PWD/$build/webhooks-worker" --extension "$PWD/$build/libwebhooks_php.so" \
	--scripts "$scripts" --out "$PWD/$OUT" "$@"
