#!/usr/bin/env bash
# `make install`, used by php-fpm on Debian's own configuration.
#
# It installs into the real places, but in namespaces of its own, over which nothing is written to
# this machine: all changes go to memory, and every process ends with the test.
set -euo pipefail
cd "$(dirname "$0")/../.."

in_namespaces=(unshare --mount --pid --fork --mount-proc --kill-child)
# In a chroot the root is no mount point; who made it keeps its mounts private.
mountpoint -q / || in_namespaces+=(--propagation unchanged)
[ "$(id -u)" = 0 ] || in_namespaces=(sudo "${in_namespaces[@]}")
exec "${in_namespaces[@]}" tests/install/inside.sh
