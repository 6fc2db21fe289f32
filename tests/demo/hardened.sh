#!/usr/bin/env bash
# The main job on a hardened host: php-fpm may open only what is the site's (open_basedir, without the
# spool) and call nothing that starts programs or tells of the system (disable_functions).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${RUN_DIR-}" ] || exec "$here/../network/with.sh" "$here/hardened.sh"
project=$(cd "$here/../.." && pwd)
# shellcheck source=../network/process.sh
. "$here/../network/process.sh"

cat >>"$FPM_CONF" <<-CONF
	php_admin_value[open_basedir] = "$WP_ROOT"
	php_admin_value[disable_functions] = "exec,passthru,shell_exec,system,proc_open,proc_close,proc_get_status,proc_nice,proc_terminate,popen,pclose,pcntl_exec,pcntl_fork,pcntl_signal,posix_kill,posix_getpwuid,posix_getgrgid,posix_geteuid,posix_getuid,posix_getpid,getmypid,getmyuid,get_current_user,php_uname,phpinfo,gethostname,getrusage,sys_getloadavg,disk_free_space,disk_total_space,diskfreespace,symlink,link,readlink,dl,putenv,show_source,highlight_file,parse_ini_file,openlog,syslog,set_time_limit,ignore_user_abort,error_log,mail"
CONF
before=$(cat "$FPM_PID_FILE")
kill -USR2 "$before"
is_reloaded() { [ -s "$FPM_PID_FILE" ] && [ "$(cat "$FPM_PID_FILE")" != "$before" ]; }
wait_until 15 is_reloaded
cp "$here/fire.php" "$WP_ROOT/wp-content/mu-plugins/"
# shellcheck disable=SC2016 # the variables are PHP's
echo '<?php try { $file = new SplFileObject( "/etc/passwd" ); } catch ( Throwable ) { $file = null; } echo $file || function_exists( "exec" ) ? "open" : "hardened";' >"$WP_ROOT/hardened.php"
[ "$(curl --silent --max-time 60 "$WP_URL/hardened.php")" = hardened ] || {
	echo "php-fpm does not run with these settings." >&2
	exit 1
}

DEMO_OUT=$(mktemp -d "$RUN_DIR/hardened.XXXXXX")
exec 3< <(exec "$project/${BUILD:-target/release}/endpoint" --record "$DEMO_OUT/received.jsonl" --config "$SPOOL/config.json" --live)
endpoint=$!
trap 'stop $endpoint' EXIT
read -r ENDPOINT_URL <&3
export ENDPOINT_URL DEMO_OUT
"$here/once.sh" "$WP_URL/wp-admin/network/admin.php?page=network-webhooks" <&3

# Every page of the plugin, and what went wrong meanwhile.
# shellcheck source=browser.sh
. "$here/browser.sh"
trap 'stop $endpoint; rm -rf "$browser_dir"' EXIT
log_in
passed=0
for page in '' -new -events -deliveries -listen -inbox -status -custom; do
	if open_page "$WP_URL/wp-admin/network/admin.php?page=network-webhooks$page"; then passed=$((passed + 1)); fi
done
open_page "$WP_URL/wp-admin/site-health.php?tab=debug"
logs=$(cat "$RUN_DIR"/log/{wordpress,php,fpm}.log 2>/dev/null || true)
if grep -E 'network-webhooks.*(Fatal|Warning|undefined function|open_basedir)|(Fatal|Warning|undefined function|open_basedir).*network-webhooks/' <<<"$logs"; then
	echo "hardened: $passed passed, 1 failed" && exit 1
fi
echo "hardened: $passed passed, 0 failed"
