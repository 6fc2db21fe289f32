# shellcheck shell=bash
# Waiting for processes and ending those of a run. Sourced.

# wait_until SECONDS COMMAND…: true as soon as the command is.
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.02
	done
}

is_gone() {
	# A zombie is only waiting for its parent.
	! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"
}

# stop PID [SIGNAL]: asks, waits for ten seconds, then kills.
stop() {
	is_gone "$1" && return
	kill -"${2:-TERM}" "$1" 2>/dev/null || return 0
	wait_until 10 is_gone "$1" || { kill -KILL "$1" 2>/dev/null && wait_until 5 is_gone "$1"; } || true
}

# processes_of DIR [NAME]: the processes of a run, that is what was started from its folder, and
# servers that work in it.
processes_of() {
	local process exe cwd
	for process in /proc/[0-9]*; do
		exe=$(readlink "$process/exe" 2>/dev/null) || continue
		cwd=$(readlink "$process/cwd" 2>/dev/null) || continue
		case $exe:$cwd in
		"$1"/* | */mariadbd:"$1"/* | */nginx:"$1" | */php-fpm*:"$1")
			case ${exe##*/} in *"${2-}"*) echo "${process#/proc/}" ;; esac
			;;
		esac
	done
}
