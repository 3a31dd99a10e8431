#!/bin/sh
# Brings what the tests of sites need, as far as this machine lets it, and runs them.
#
#   tests/sites/run.sh [ARGUMENT OF PYTEST]...
#
# What could not be had skips its tests, or fails them if CI is set.
set -eu
cd "$(dirname "$0")/../.."

scripts/install_test_parts.sh
scripts/install_site_parts.sh
apptainer=${APPTAINER_DEST:-/opt/apptainer}
if ! command -v apptainer >/dev/null && [ "$(id -u)" = 0 ] &&
    deploy/apptainer/get_apptainer.sh "$apptainer"; then
    . "$apptainer/env.sh"
fi
# An old kubectl does not know what components of kustomize are.
kubectl=${KUBECTL_DEST:-/opt/kubectl}
if ! kubectl kustomize deploy/k8s/overlays/minikube >/dev/null 2>&1 &&
    deploy/k8s/get_kubectl.sh "$kubectl"; then
    . "$kubectl/env.sh"
fi
podman=${PODMAN_DEST:-/opt/podman}
if [ "$(id -u)" = 0 ] && ! podman --version 2>/dev/null | grep -q ' [5-9]\.' &&
    tests/sites/kubernetes/get_podman.sh "$podman"; then
    . "$podman/env.sh"
fi
if [ "$(id -u)" = 0 ] && ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            mmdebstrap >/dev/null || true
fi
if command -v apptainer >/dev/null; then
    rm -f dist/images/*.sif # a build that fails leaves nothing to test
    TORCH=${TORCH:-cpu} deploy/apptainer/build.sh || true
fi
# One worker for each file: a machine has one Slurm.
exec "${VENV:-.venv}/bin/pytest" -m sites --dist loadfile tests/sites "$@"
