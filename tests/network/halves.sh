# shellcheck shell=bash
# Runs the two halves of a suite at once, each in a network of its own: they wait more than they compute.
# Sourced.

# halves COMMAND…: runs COMMAND 0 and COMMAND 1, and prints what the one said, then the other. Fails where
# one of both did. COMMAND ends with `exec`, so that a signal gets to what it runs.
halves() {
	local run status=0 half pids=()
	run=$(mktemp -d)
	for half in 0 1; do
		"$@" $half </dev/null >"$run/$half" 2>&1 &
		pids+=($!)
	done
	# shellcheck disable=SC2064 # As they are now.
	trap "kill ${pids[*]}; wait; rm -rf '$run'; exit 143" INT TERM HUP
	for half in 0 1; do
		wait "${pids[half]}" || status=$?
		cat "$run/$half"
	done
	trap - INT TERM HUP
	rm -rf "$run"
	return "$status"
}
