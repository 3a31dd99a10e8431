#!/bin/sh
# Runs while an image is built: installs services into /opt/molsteer, third parties by their digests,
# and leaves no tools there.
#
#   sh /build/install_services.sh SERVICE...
set -eu
cd "$(dirname "$0")"
. ./torch.sh
export PIP_CONFIG_FILE="$PWD/pip.conf" PIP_FIND_LINKS="$PWD/wheels"
export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

names() {
    sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' "$@"
}

target=/opt/molsteer
python=$target/bin/python
python3 -m venv "$target"
for service; do
    sh scripts/install.sh "$target" "$service"
done
for part in shared "$@"; do
    "$python" -m pip install --quiet --no-deps --no-index "wheels/molsteer_$part"-*.whl
done

needed=$(for service; do names "requirements/$service.txt"; done)
tools=$(names requirements/build.txt | grep -vxF "$needed")
# shellcheck disable=SC2086 # several names
"$python" -m pip uninstall --quiet --yes $tools
"$python" -m pip check
"$python" -m pip uninstall --quiet --yes pip
cp environment.sh "$target"
