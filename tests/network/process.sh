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
	# In a trap a bare return would give back the status from before the trap.
	! is_gone "$1" || return 0
	kill -"${2:-TERM}" "$1" 2>/dev/null || return 0
	wait_until 10 is_gone "$1" || { kill -KILL "$1" 2>/dev/null && wait_until 5 is_gone "$1"; } || true
}

# processes_of DIR [NAME]: the processes of a run, that is what was started from its folder, and
# servers that work in it; a MySQL is what its loader runs (mysql.sh).
processes_of() {
	{ find /proc/[0-9]* -maxdepth 1 \( -name exe -o -name cwd \) -printf '%h %f %l\n' 2>/dev/null || true; } |
		awk -v dir="$1" -v name="${2-}" '
			$2 == "cwd" { cwd[$1] = $3 }
			$2 == "exe" { exe[$1] = $3 }
			END {
				for (process in exe) {
					program = exe[process]
					sub(".*/", "", program)
					ours = index(exe[process], dir "/") == 1 ||
						program ~ /^(nginx|php-fpm.*|mariadbd|ld-linux.*)$/ &&
						(cwd[process] == dir || index(cwd[process], dir "/") == 1)
					if (ours && index(program, name) == 1) print substr(process, 7)
				}
			}'
}
