#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Sourced by what gets Debian packages for the lab: an apt of our own, for any architecture. The
# host's lists, cache, hooks and locks are neither read nor written, nothing is installed. Only how
# to reach the network (proxies, retries) is taken over.
#
# After apt_begin WORK ARCH and apt_suites SUITE... call `apt_private apt-get ...`.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
host_release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

# Prints what is missing on this host, if anything.
apt_why_not() {
	local tool
	for tool in apt-get dpkg-deb xz; do
		command -v "$tool" > /dev/null || { echo "fetching it needs $tool"; return; }
	done
	[ -r "$keyring" ] || echo "$keyring is missing: install debian-archive-keyring"
}

# The mirrors the host's own apt is set to use, so that a host with a local mirror stays on it.
# $1 is the suite as the host would call it: bookworm, bookworm-security.
host_mirror() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' |
		awk -v suite="$1" '$1 == suite { print $2; exit }'
}

# Prints the mirror of suite $1 of whatever Debian release.
mirror_of() {
	case $1 in
	*-security) host_mirror "$host_release-security" ;;
	*) echo "${CTRACE_DEBIAN_MIRROR:-$(host_mirror "$host_release")}" ;;
	esac
}

apt_begin() {
	apt_work=$1
	mkdir -p "$apt_work"/apt/{etc/{apt.conf.d,preferences.d},state/lists/partial,cache/archives/partial}
	: > "$apt_work/apt/state/status"

	cat > "$apt_work/apt.conf" <<-END
	Dir "$apt_work/apt";
	Dir::Etc "$apt_work/apt/etc";
	Dir::State "$apt_work/apt/state";
	Dir::State::status "$apt_work/apt/state/status";
	Dir::Cache "$apt_work/apt/cache";
	APT::Architecture "$2";
	APT::Architectures { "$2"; };
	APT::Sandbox::User "root";
	APT::Install-Recommends "false";
	APT::Get::List-Cleanup "false";
	$(apt-config dump | grep '^Acquire::' || true)
	Acquire::Languages "none";
	END
}

apt_private() { APT_CONFIG=$apt_work/apt.conf "$@"; }

# Makes these suites the ones to choose from. What goes wrong is left in $apt_work/why.
apt_suites() {
	local suite mirror
	: > "$apt_work/why"
	: > "$apt_work/apt/etc/sources.list"
	for suite; do
		mirror=$(mirror_of "$suite")
		if [ -z "$mirror" ]; then
			echo "the host's apt names no mirror for $suite" > "$apt_work/why"
			continue
		fi
		echo "deb [signed-by=$keyring] $mirror $suite main" >> "$apt_work/apt/etc/sources.list"
	done
	[ -s "$apt_work/apt/etc/sources.list" ] || return 0

	# it may succeed although it got nothing, so the reason is kept either way
	apt_private apt-get -qq update > "$apt_work/update.log" 2>&1 || true
	grep -m1 '^[EW]:' "$apt_work/update.log" > "$apt_work/why" || true
	! grep -q NO_PUBKEY "$apt_work/update.log" ||
		echo "debian-archive-keyring is too old for $*: upgrade it" > "$apt_work/why"
}
