#!/bin/sh
# Installs into the virtual environment VENV what requirements/ names, and nothing else: versions and
# digests come from there, nothing is resolved, so no release of today can change what is installed.
#
#   scripts/install.sh VENV [SERVICE]
#
# Without SERVICE all that a clone needs, else what the machine of that service needs. TORCH=cpu or
# TORCH=cuda insists on these builds of torch. TORCH_ARGS are more arguments of pip for it: another
# index has builds of its own, taken without a digest.
set -eu

requirements=${REQUIREMENTS:-$(dirname "$0")/../requirements}
python=$1/bin/python
lock=$requirements/${2:-lock}.txt
if [ ! -f "$lock" ]; then
    echo "There is no service $2; name simulator, trainer, inferencer or steering." >&2
    exit 2
fi

needs_cuda='from importlib.metadata import requires
raise SystemExit(not any(name.startswith("nvidia-") for name in requires("torch")))'

install() {
    "$python" -m pip install --quiet --no-deps --no-build-isolation "$@"
}

install --require-hashes -r "$requirements/build.txt"
install --require-hashes -r "$lock"
# torch-geometric stands for torch. Its CPU builds, where pip knows an index that has them, save the
# download of the CUDA libraries on a machine without a driver.
if grep -q '^torch-geometric==' "$lock"; then
    if [ -n "${TORCH_ARGS:-}" ]; then
        # shellcheck disable=SC2086 # several arguments
        install $TORCH_ARGS -r "$requirements/torch.in"
    elif [ "${TORCH:-}" = cpu ]; then
        install --require-hashes -r "$requirements/torch-cpu.txt"
    elif [ "${TORCH:-}" = cuda ] || command -v nvidia-smi >/dev/null ||
        ! install --require-hashes -r "$requirements/torch-cpu.txt" 2>/dev/null; then
        install --require-hashes -r "$requirements/torch.txt"
    fi
    if "$python" -c "$needs_cuda"; then
        install --require-hashes -r "$requirements/cuda.txt"
    fi
fi
missing=$("$python" -m pip check) || {
    echo "$missing" >&2
    exit 1
}
