#!/bin/bash
# Puts podman 5 into the new folder DEST on Debian bookworm, whose own cannot play pods with Secrets;
# needs root. Images and containers are kept in DEST as well.
#
#   tests/sites/kubernetes/get_podman.sh DEST && . DEST/env.sh
#
# It is the package of Debian trixie with what it runs, and trixie's C library beside it.
set -euo pipefail

dest=${1:?Name the folder that it goes into.}
[ ! -f "$dest/env.sh" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "This needs root, and a Debian." >&2
    exit 2
fi
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)
work=$(mktemp -d)
whole=no
trap 'rm -rf "$work"; [ "$whole" = yes ] || rm -rf "$dest"' EXIT
export DEBIAN_FRONTEND=noninteractive

if ! dpkg-query --show patchelf >/dev/null 2>&1; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends patchelf >/dev/null
fi

# Lists and a cache of its own, so that the machine's packages never see trixie.
mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Component: main' | head -n 1)
mkdir -p "$work"/{lists,cache/archives}/partial "$work"/{parts,debs}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} trixie main" \
    >"$work/trixie.list"
of_trixie=(
    -o "Dir::Etc::sourcelist=$work/trixie.list" -o "Dir::Etc::sourceparts=$work/parts"
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root
)
programs=(podman conmon runc catatonit netavark aardvark-dns golang-github-containers-common)
libraries=(
    libc6 libgpgme11t64 libassuan9 libgpg-error0 libsubid5 libglib2.0-0t64 libsqlite3-0 libseccomp2
    libsystemd0 libcap2 libaudit1 libselinux1 libpcre2-8-0 libcrypt1 zlib1g libffi8 libatomic1
)
apt-get "${of_trixie[@]}" update -qq
(cd "$work/debs" && apt-get "${of_trixie[@]}" download -qq "${programs[@]}" "${libraries[@]}")
for package in "$work"/debs/*.deb; do
    dpkg -x "$package" "$dest"
done

of_libraries=$dest/usr/lib/x86_64-linux-gnu
for program in bin/podman bin/conmon bin/runc lib/podman/netavark lib/podman/aardvark-dns; do
    patchelf --set-interpreter "$of_libraries/ld-linux-x86-64.so.2" \
        --force-rpath --set-rpath "$of_libraries" "$(readlink -f "$dest/usr/$program")"
done

mkdir -p "$dest/settings" "$dest/images" "$dest/run"
cat >"$dest/settings/containers.conf" <<END
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["$dest/usr/lib/podman", "$dest/usr/bin"]
conmon_path = ["$dest/usr/bin/conmon"]
[engine.runtimes]
runc = ["$dest/usr/bin/runc"]
[network]
firewall_driver = "none"
network_config_dir = "$dest/settings/networks"
[containers]
seccomp_profile = "$dest/usr/share/containers/seccomp.json"
END
cat >"$dest/settings/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$dest/images"
runroot = "$dest/run"
END
cat >"$dest/env.sh" <<END
export PATH="$dest/usr/bin:\$PATH" CONTAINERS_CONF="$dest/settings/containers.conf"
export CONTAINERS_STORAGE_CONF="$dest/settings/storage.conf" CONTAINERS_REGISTRIES_CONF=/dev/null
export PODMAN_IGNORE_CGROUPSV1_WARNING=1
END
. "$dest/env.sh"
podman --version
whole=yes
