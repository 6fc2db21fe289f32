#!/usr/bin/env bash
# Puts WordPress 7.1 or newer, from Debian's suite forky (else sid), into target/wordpress/site.
#
# The packages are fetched through an apt state of our own, so the machine's sources stay as they
# are, checked against Debian's keyring, and unpacked, not installed. WordPress in Debian is full
# of links into other packages, so all of them come from one suite and go into one root.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(wordpress libphp-phpmailer php-getid3 libjs-underscore libjs-lodash libjs-jquery-ui
	libjs-cropper wordpress-theme-twentytwentyfive)
oldest=7.1
cache=$PWD/target/wordpress
[ ! -e "$cache/complete" ] || exit 0

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # the words in parentheses are apt's
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
	sed -n "/^$release /{s///p;q}")
if [ -z "$mirror" ] || [ ! -e $keyring ]; then
	echo "WordPress comes from a Debian mirror; this machine's apt knows of none for $release. Try: apt-get update" >&2
	exit 1
fi

rm -rf "$cache"
mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/root"
exec 3>"$cache/log"

private_apt() {
	apt-get -qq -o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$cache/apt/lists" -o Dir::Cache="$cache/apt" \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::Languages=none -o Acquire::Check-Valid-Until=false "$@" </dev/null >&3 2>&1
}

fetch() {
	echo "deb [signed-by=$keyring] $mirror $1 main" >"$cache/apt/sources.list"
	private_apt update || return
	(cd "$cache/apt/archives" && private_apt download "${packages[@]/%//$1}")
}

version_of() { sed -n "s/^\$wp_version = '\(.*\)';/\1/p" "$1/wp-includes/version.php"; }

echo "Fetching WordPress"
for suite in forky sid ''; do
	[ -n "$suite" ] || {
		cat "$cache/log" >&2
		echo "WordPress could not be fetched from $mirror, neither from forky nor from sid." >&2
		exit 1
	}
	rm -f "$cache"/apt/archives/*.deb
	! fetch "$suite" || break
done

for package in "$cache"/apt/archives/*.deb; do dpkg-deb -x "$package" "$cache/root"; done
# One link goes to the machine's certificates, another is of no use outside an installed package.
ln -sf /etc/ssl/certs/ca-certificates.crt \
	"$cache/root/usr/share/wordpress/wp-includes/certificates/ca-bundle.crt"
find "$cache/root/usr/share/wordpress" -xtype l -delete
cp -rL "$cache/root/usr/share/wordpress" "$cache/site"
rm -rf "$cache/site/wp-config.php" "$cache/root" "$cache/apt"

version=$(version_of "$cache/site")
[ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1)" = "$oldest" ] || {
	echo "WordPress $version from $suite is older than $oldest." >&2
	exit 1
}
echo "$version" >"$cache/complete"
echo "WordPress $version from Debian $suite"
