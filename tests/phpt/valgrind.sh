#!/usr/bin/env bash
# PHP under valgrind, for `VALGRIND=1 tests/phpt/run.sh`: VALGRIND_PHP is the real one, VALGRIND_LOGS
# the folder that gets a log for each process.
#
# Without PHP's own allocator, so that valgrind sees every allocation. A test that needs
# memory_limit, which is a part of that allocator, says so: USE_ZEND_ALLOC=1 in its --ENV--.
set -euo pipefail
export USE_ZEND_ALLOC=${USE_ZEND_ALLOC:-0}
# Else a trace would lead into code that is no longer there.
export ZEND_DONT_UNLOAD_MODULES=1
# What PHP starts is looked at too, if it is PHP. Not for leaks: PHP leaves what refers to itself to the
# end of the process, and whose counter is wrong no trace tells; 110-memory.phpt counts what is kept.
exec valgrind --quiet --vgdb=no --trace-children=yes --trace-children-skip='*webhooks-worker*,*/sh,*/dash,*/bash,*/grep,*/wc' \
	--log-file="$VALGRIND_LOGS/%p" --leak-check=no \
	--gen-suppressions=all --num-callers=40 \
	--suppressions="$(dirname "$0")/valgrind.supp" "$VALGRIND_PHP" -d pcre.jit=0 "$@"
