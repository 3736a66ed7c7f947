# For scripts that fetch a source tree, to be sourced by them. They have a function is_tree, which knows a complete tree.
# shellcheck shell=bash

me=$(basename "$0")
root=$(cd "$(dirname "$0")/.." && pwd)
keys=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "$me: $*" >&2; }

# Everything is done in a temporary directory, $work; only a complete tree is moved to its place. Sets $work and $log.
work_begins() {
    mkdir -p "$root/build"
    work=$(mktemp -d "$root/build/$me.XXXXXX")
    log=$work/log
    trap 'rm -rf "$work"' EXIT
}

# apt-get, with the sources list, package lists and cache in $work instead of the system's.
private_apt() {
    apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@" >> "$log" 2>&1
}

# The archives that this machine's apt knows, Debian's own ones first.
sites() {
    { apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian'
      apt-get indextargets --format '$(SITE)'; } 2>> "$log" | awk '!seen[$0]++'
}

# Unpacks upstream's part of a source package into $work/new: needs no root, installs nothing, and apt compares what comes
# with Debian's signature. SUITES are the Debian releases that may have that version.
#     from_debian PACKAGE VERSION DEBIAN_VERSION SUITES...
from_debian() {
    local package=$1 version=$2 exact=$3 site suite
    shift 3
    command -v apt-get > /dev/null && [ -f "$keys" ] || { say "no Debian apt here"; return 1; }
    for site in $(sites); do
        for suite in "$@"; do
            say "looking for the source package $package $version in $suite on $site"
            mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
            echo "deb-src [signed-by=$keys] $site $suite main" > "$work/sources.list"
            private_apt update || continue
            (cd "$work" && private_apt source --download-only "$package=$exact" ||
                private_apt source --download-only "$package") || continue
            say "unpacking"
            mkdir -p "$work/new"
            # Python, because tar needs the program xz.
            python3 -m tarfile -e "$work/${package}_$version"*.orig.tar.* "$work/new" >> "$log" 2>&1 && return
        done
    done
    say "no source package from Debian: $(grep -E '^(E|W|Err)' "$log" | tail -n 1)"
    return 1
}

# Moves the fetched tree $1 to its place, $2, unless another process has put one there in the meantime.
to_its_place() {
    mv -T "$1" "$2" 2>> "$log" || is_tree "$2" || { say "cannot move it to $2: $(tail -n 1 "$log")"; exit 1; }
}
