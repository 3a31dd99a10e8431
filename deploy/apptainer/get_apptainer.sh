#!/bin/bash
# Puts Apptainer into the new folder DEST on Debian bookworm, which has no package of it; needs root.
#
#   deploy/apptainer/get_apptainer.sh DEST && . DEST/env.sh
#
# It is the package of Debian sid, with the C library of sid beside it: nothing else on the machine
# uses either. sid moves on, so the version is whichever it has today.
set -euo pipefail

dest=${1:?Name the folder that it goes into.}
[ ! -f "$dest/env.sh" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "This needs root, and a Debian; see docs/sites/containers.md for other ways." >&2
    exit 2
fi
if [ -e "$dest" ] && ! rmdir "$dest" 2>/dev/null; then
    echo "$dest holds something else; name a folder that is not there yet." >&2
    exit 2
fi
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)
work=$(mktemp -d)
whole=no
trap 'rm -rf "$work"; [ "$whole" = yes ] || rm -rf "$dest"' EXIT
export DEBIAN_FRONTEND=noninteractive

tools=(squashfs-tools squashfuse fuse3 uidmap patchelf)
if ! dpkg-query --show "${tools[@]}" >/dev/null 2>&1; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${tools[@]}" >/dev/null
fi

# Lists and a cache of its own, so that the machine's packages never see sid.
mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Component: main' | head -n 1)
mkdir -p "$work"/{lists,cache/archives}/partial "$work/parts"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} sid main" >"$work/sid.list"
of_sid=(
    -o "Dir::Etc::sourcelist=$work/sid.list" -o "Dir::Etc::sourceparts=$work/parts"
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root
)
apt-get "${of_sid[@]}" update -qq
(cd "$work" && apt-get "${of_sid[@]}" download -qq apptainer/sid libc6/sid)
dpkg -x "$work"/apptainer_*.deb "$dest"
dpkg -x "$work"/libc6_*.deb "$dest/libc"

# DT_RPATH rather than DT_RUNPATH: it has to win over the LD_LIBRARY_PATH that Apptainer sets.
libraries=$dest/libc/usr/lib/x86_64-linux-gnu
for program in usr/bin/apptainer usr/lib/x86_64-linux-gnu/apptainer/bin/starter; do
    patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" \
        --force-rpath --set-rpath "$libraries" "$dest/$program"
done

# From its place it derives two others, for settings and for mounts.
mv "$dest/etc" "$dest/usr/etc"
mkdir -p "$dest/usr/var/lib/apptainer/mnt/session"
ln -s ../etc "$dest/usr/lib/etc"
ln -s ../var "$dest/usr/lib/var"

# Where root may not raise limits, as in many virtual machines, it must not ask for that capability;
# what runs by itself, such as the unpacking of an image, knows from the file.
settings=$dest/usr/etc/apptainer
sed -i 's/^root default capabilities = .*/root default capabilities = file/' \
    "$settings/apptainer.conf"
names='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH","CAP_FOWNER","CAP_FSETID","CAP_KILL"'
names+=',"CAP_MKNOD","CAP_NET_BIND_SERVICE","CAP_SETFCAP","CAP_SETGID","CAP_SETUID","CAP_SYS_CHROOT"'
echo "{\"users\": {\"root\": [$names]}}" >"$settings/capability.json"

cat >"$dest/env.sh" <<END
export PATH="$dest/usr/bin:\$PATH" APPTAINER_DROP_CAPS=CAP_SYS_RESOURCE
export APPTAINER_CACHEDIR="\${APPTAINER_CACHEDIR:-$dest/cache}"
END
. "$dest/env.sh"
apptainer --version
whole=yes
