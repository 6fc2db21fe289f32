#!/usr/bin/env bash
# Puts WordPress 7.1 or newer, from Debian's suite forky (else sid), into target/wordpress/site.
#
# The packages are unpacked, not installed. WordPress in Debian is full of links into other packages, so
# all of them come from one suite and go into one root.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(wordpress libphp-phpmailer php-getid3 libjs-underscore libjs-lodash libjs-jquery-ui
	libjs-cropper wordpress-theme-twentytwentyfive)
oldest=7.1
cache=$PWD/target/wordpress
[ ! -e "$cache/complete" ] || exit 0

# shellcheck source=packages.sh
. tests/network/packages.sh
rm -rf "$cache"
mkdir -p "$cache/root"

version_of() { sed -n "s/^\$wp_version = '\(.*\)';/\1/p" "$1/wp-includes/version.php"; }

echo "Fetching WordPress"
for suite in forky sid ''; do
	[ -n "$suite" ] || {
		cat "$cache/log" >&2
		echo "WordPress could not be fetched, neither from forky nor from sid." >&2
		exit 1
	}
	! fetch_packages "$cache" "$suite" "${packages[@]}" || break
done

for package in "$cache"/packages/*.deb; do dpkg-deb -x "$package" "$cache/root"; done
# One link goes to the machine's certificates, another is of no use outside an installed package.
ln -sf /etc/ssl/certs/ca-certificates.crt \
	"$cache/root/usr/share/wordpress/wp-includes/certificates/ca-bundle.crt"
find "$cache/root/usr/share/wordpress" -xtype l -delete
cp -rL "$cache/root/usr/share/wordpress" "$cache/site"
rm -rf "$cache/site/wp-config.php" "$cache/root" "$cache/packages"

version=$(version_of "$cache/site")
[ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1)" = "$oldest" ] || {
	echo "WordPress $version from $suite is older than $oldest." >&2
	exit 1
}
echo "$version" >"$cache/complete"
echo "WordPress $version from Debian $suite"
