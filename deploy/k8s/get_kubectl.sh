#!/bin/bash
# Puts kubectl into the new folder DEST on a Debian, whose own may be too old for our manifests
# (bookworm has 1.20); root is not needed.
#
#   deploy/k8s/get_kubectl.sh DEST && . DEST/env.sh
#
# It is the package of Debian trixie, which needs no library of it.
set -euo pipefail

dest=${1:?Name the folder that it goes into.}
[ ! -f "$dest/env.sh" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "This needs a Debian; see https://kubernetes.io/docs/tasks/tools/ for other ways." >&2
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

# Lists and a cache of its own, so that the machine's packages never see trixie.
mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Component: main' | head -n 1)
mkdir -p "$work"/{lists,cache/archives}/partial "$work/parts"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} trixie main" \
    >"$work/trixie.list"
of_trixie=(
    -o "Dir::Etc::sourcelist=$work/trixie.list" -o "Dir::Etc::sourceparts=$work/parts"
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
    -o Acquire::Languages=none -o "APT::Sandbox::User=$(id -un)"
)
apt-get "${of_trixie[@]}" update -qq
(cd "$work" && apt-get "${of_trixie[@]}" download -qq kubectl/trixie)
dpkg -x "$work"/kubectl_*.deb "$dest"

echo "export PATH=\"$dest/usr/bin:\$PATH\"" >"$dest/env.sh"
"$dest/usr/bin/kubectl" version --client
whole=yes
