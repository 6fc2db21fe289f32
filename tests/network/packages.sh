# shellcheck shell=bash
# Packages of another of Debian's suites, fetched without installing them; the machine's own packages and apt
# sources stay as they are. To be sourced.
#
# fetch_packages FOLDER SUITE NAME…: puts those packages into FOLDER/packages, checked against Debian's keyring.
# With CLOSURE=1 also all that they need. What apt says goes to FOLDER/log.

# shellcheck disable=SC2016 # the words in parentheses are apt's
mirror_of_debian() {
	local release
	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' | sed -n "/^$release /{s///p;q}"
}

fetch_packages() {
	local folder=$1 suite=$2 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	shift 2
	mirror=$(mirror_of_debian)
	if [ -z "$mirror" ] || [ ! -e $keyring ]; then
		echo "$* come from a Debian mirror, and this machine's apt knows of none. Try: apt-get update" >&2
		return 1
	fi
	mkdir -p "$folder"/{apt/lists/partial,apt/archives/partial,packages}
	rm -f "$folder"/packages/*.deb
	echo "deb [signed-by=$keyring] $mirror $suite main" >"$folder/apt/sources.list"
	local apt=(apt-get -qq -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt" -o APT::Sandbox::User="$(id -un)"
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none
		-o Acquire::Check-Valid-Until=false)
	{
		"${apt[@]}" update || return
		if [ -n "${CLOSURE-}" ]; then
			# As on a machine that has no package at all.
			"${apt[@]}" -o Dir::State::status=/dev/null -o Debug::NoLocking=1 -o APT::Install-Recommends=false \
				-y --download-only install "$@" || return
			mv "$folder"/apt/archives/*.deb "$folder/packages"
		else
			(cd "$folder/packages" && "${apt[@]}" download "${@/%//$suite}") || return
		fi
	} </dev/null >>"$folder/log" 2>&1
	rm -rf "$folder/apt"
}
