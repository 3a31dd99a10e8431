#!/bin/bash
# Builds the images of the services into dist/images; `make images` runs it, after `make wheels`.
#
#   deploy/apptainer/build.sh [cpu] [gpu]
#
#   BASE        what the images stand on: a folder, a SIF image, or docker:NAME@DIGEST. Without it a
#               Debian made here, where root has mmdebstrap, else Docker's Debian by its digest.
#   TORCH       what the PyTorch of the GPU image computes on: cuda (the default), rocm or cpu.
#   TORCH_ARGS  more arguments of pip for PyTorch, such as the index of its builds for ROCm.
#   SQUASH      arguments of mksquashfs; "-comp gzip" is read by kernels older than 4.14 as well.
set -euo pipefail
cd "$(dirname "$0")/../.."

images=dist/images
export TORCH=${TORCH:-cuda}

if ! command -v apptainer >/dev/null; then
    cat >&2 <<'END'
apptainer is not on the PATH. On a cluster, try: module load apptainer
As root on Debian bookworm: deploy/apptainer/get_apptainer.sh DEST && . DEST/env.sh
Elsewhere: https://apptainer.org/docs/admin/main/installation.html
END
    exit 2
fi

deploy/images/context.sh
version=$(basename "$images"/context/wheels/molsteer_shared-*.whl | cut -d - -f 2)
revision=$(git describe --always --abbrev=40 --dirty --exclude '*' 2>/dev/null || echo unknown)

work=$(mktemp -d "$images/build-XXXXXX")
trap 'rm -rf "$work"' EXIT
export APPTAINER_TMPDIR=$PWD/$work
base=${BASE:-}
if [ -z "$base" ] && [ "$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null; then
    base=$work/debian
    deploy/images/debian.sh "$base"
fi

options=(
    --build-arg "CONTEXT=$images/context"
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
    --mksquashfs-args "${SQUASH:--comp zstd -Xcompression-level 3}"
)
case $base in
"") ;;
docker:*) options+=(--build-arg BOOTSTRAP=docker --build-arg "FROM=${base#docker:}") ;;
*) options+=(--build-arg BOOTSTRAP=localimage --build-arg "FROM=$base") ;;
esac

# Builds one image; prints what became of it, as its last words.
build() {
    local labels=() log=$images/molsteer-$1.log begun=$SECONDS
    [ "$1" != gpu ] || labels=(--build-arg "TORCH=$TORCH")
    apptainer build "${options[@]}" "${labels[@]}" \
        "$work/$1.sif" "deploy/apptainer/$1.def" >"$log" 2>&1 </dev/null || {
        tail -n 20 "$log" >&2
        echo "The image $1 could not be built; $log has all that was printed." >&2
        return 1
    }
    mv "$work/$1.sif" "$images/molsteer-$1.sif"
    echo "$images/molsteer-$1.sif: molsteer $version," \
        "$(($(stat --format=%s "$images/molsteer-$1.sif") / 1000000)) MB," \
        "built in $((SECONDS - begun)) s"
}

[ $# != 0 ] || set -- cpu gpu
builds=()
for name; do
    build "$name" &
    builds+=($!)
done
status=0
for each in "${builds[@]}"; do
    wait "$each" || status=1
done
exit "$status"
