#!/bin/sh
# Gathers in dist/images/context all that goes into images: wheels of this clone, locks, and how pip
# reaches its index. Prints nothing; `make wheels` comes before.
#
#   TORCH=cpu|cuda|rocm deploy/images/context.sh
set -eu
cd "$(dirname "$0")/../.."

context=dist/images/context
python=${VENV:-.venv}/bin/python
torch=${TORCH:-cuda}

refuse() {
    echo "$1" >&2
    exit 2
}

case $torch in
cpu | cuda) ;;
rocm) [ -n "${TORCH_ARGS:-}" ] || refuse \
    "TORCH=rocm needs the index that has such builds: TORCH_ARGS='--index-url URL'." ;;
*) refuse "TORCH=$torch is not supported; choose cpu, cuda or rocm." ;;
esac
ls dist/molsteer_shared-*.whl >/dev/null 2>&1 || refuse "dist/ holds no wheels; run: make wheels"

rm -rf "$context"
mkdir -p "$context/wheels" "$context/scripts"
cp dist/*.whl "$context/wheels"
cp -r requirements "$context"
cp scripts/install.sh "$context/scripts"
cp deploy/images/install_services.sh deploy/images/environment.sh "$context"
printf 'TORCH=%s\nTORCH_ARGS="%s"\nexport TORCH TORCH_ARGS\n' "$torch" "${TORCH_ARGS:-}" \
    >"$context/torch.sh"

# Where a site looks into TLS, pip has to trust what this machine trusts.
for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt \
    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    if [ -f "$bundle" ]; then
        cp "$bundle" "$context/ca.pem"
        break
    fi
done
# The address of an index may hold a password.
index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
touch "$context/pip.conf"
chmod 600 "$context/pip.conf"
{
    echo "[global]"
    [ ! -f "$context/ca.pem" ] || echo "cert = /build/ca.pem"
    [ -z "$index" ] || echo "index-url = $index"
} >"$context/pip.conf"

# PyTorch's CPU builds are on an index of their own, unless pip knows here where to find them.
if [ "$torch" = cpu ] && [ -z "${TORCH_ARGS:-}" ] &&
    ! "$python" -m pip download --quiet --no-deps --require-hashes --only-binary :all: \
        --python-version 3.11 --dest "$context/wheels" \
        -r requirements/torch-cpu.txt 2>/dev/null; then
    echo "extra-index-url = https://download.pytorch.org/whl/cpu" >>"$context/pip.conf"
fi
