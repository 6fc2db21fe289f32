# shellcheck shell=bash
# A super admin at a browser, made of curl. Sourced; needs a run's environment, and $here.
#
# Nothing here knows the plugin's code: pages are opened and buttons pressed by what is written on
# them, and nonces come from the pages.

browser_dir=$(mktemp -d)
page_url=

fetch() { # CURL-ARGUMENTS…
	local result
	result=$(curl --silent --show-error --location --max-time 60 --cookie "$browser_dir/cookies" \
		--cookie-jar "$browser_dir/cookies" --output "$browser_dir/page.html" \
		--write-out '%{http_code} %{url_effective}' "$@")
	page_url=${result#* }
	[ "${result%% *}" = 200 ] || {
		echo "$page_url answered ${result%% *}:" >&2
		page_text >&2
		return 1
	}
}

open_page() { fetch "$1"; }

# press TEXT [NAME=VALUE…]
press() {
	# shellcheck disable=SC2154 # of the script that sources this one
	php "$here/../demo/form.php" "$browser_dir/page.html" "$page_url" "$@" >"$browser_dir/form" || return
	fetch --config "$browser_dir/form"
}

# The page as a person reads it.
page_text() {
	sed -e '/<script/,/<\/script>/d; /<style/,/<\/style>/d; s/<[^>]*>/ /g' "$browser_dir/page.html" |
		sed -e 's/[[:space:]]\+/ /g; /^ *$/d'
}

log_in() {
	open_page "$WP_URL/wp-login.php"
	press "Log In" "log=$ADMIN_USER" "pwd=$ADMIN_PASSWORD"
}
