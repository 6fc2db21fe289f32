#!/usr/bin/env bash
# The extension and the worker where a system gives little: a root that is read-only, no /proc, and a
# PHP that may open nothing (open_basedir) and call nothing (disable_functions).
#
# In namespaces of its own: nothing is written to this machine, and every process ends with the test.
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1-} in
'')
	in_namespaces=(unshare --mount --pid --fork --kill-child)
	# In a chroot the root is no mount point; who made it keeps its mounts private.
	mountpoint -q / || in_namespaces+=(--propagation unchanged)
	[ "$(id -u)" = 0 ] || in_namespaces=(sudo "${in_namespaces[@]}")
	exec "${in_namespaces[@]}" tests/install/bare.sh prepare
	;;
prepare)
	PATH=$PATH:/usr/sbin:/sbin
	! mountpoint -q / || mount --make-rprivate /
	mount -t tmpfs -o mode=755 bare /mnt
	mkdir -m 755 /mnt/project /mnt/work /mnt/root
	mount --bind --no-canonicalize . /mnt/project
	mount --rbind / /mnt/root
	mount -t tmpfs -o ro,mode=555 nothing /mnt/root/proc
	mount -o remount,bind,ro /mnt/root
	exec chroot /mnt/root /mnt/project/tests/install/bare.sh inside
	;;
esac

# What www-data runs may lie where it can't go, such as in a clone below /root.
work=/mnt/work
cp -L target/release/{libwebhooks_php.so,webhooks-worker} tests/install/deliver.php $work/
chmod 755 $work/{libwebhooks_php.so,webhooks-worker,deliver.php}
mkdir -m 700 $work/spool
chown www-data: $work/spool

passed=0
expect() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@" >$work/output 2>&1; then
		passed=$((passed + 1))
		echo "ok   $what"
	else
		echo "FAIL $what"
		sed 's/^/     | /' $work/output
		cat $work/spool/worker.log 2>/dev/null || true
		echo "bare: $passed passed, 1 failed"
		exit 1
	fi
}
php_of_www_data() {
	setpriv --reuid=www-data --regid=www-data --clear-groups php -n -d extension=$work/libwebhooks_php.so \
		-d webhooks.spool=$work/spool -d webhooks.worker=$work/webhooks-worker -d webhooks.allow=127.0.0.0/8 "$@"
}
deliver() { php_of_www_data "$@" $work/deliver.php deliver "$endpoint"; }
is_read_only() { ! touch /etc/written 2>/dev/null; }
has_no_proc() { [ ! -e /proc/self ] && [ ! -e /proc/1 ]; }

target/release/endpoint --record $work/received.jsonl --config $work/spool/config.json --live >$work/live &
until [ -s $work/live ]; do sleep 0.02; done
endpoint=$(head -n 1 $work/live)

expect "the root is read-only" is_read_only
expect "there is no /proc" has_no_proc
expect "PHP publishes, dispatches, starts a worker, and the event arrives" deliver
expect "the worker keeps no socket of its starter" php_of_www_data $work/deliver.php socket
expect "the worker leaves when told" php_of_www_data $work/deliver.php stop

# Everything that PHP has beside the language itself, but what the script is made of.
nothing=$(php_of_www_data $work/deliver.php functions)
hardened=(-d "open_basedir=$work/deliver.php" -d "disable_functions=$nothing")
is_hardened() { php_of_www_data "${hardened[@]}" $work/deliver.php hardened; }
expect "PHP may open and call nothing" is_hardened
expect "and the event arrives all the same" deliver "${hardened[@]}"
expect "the worker leaves when told" php_of_www_data $work/deliver.php stop
arrived() { [ "$(grep -c ' 200 *verified' $work/live)" = 2 ]; }
expect "each event arrived once, with a signature that is right" arrived

echo "bare: $passed passed, 0 failed"
