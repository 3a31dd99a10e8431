"""Writes the script of a block: pure text, the same workers under every batch system."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from molsteer.steering.sites.schedulers.block import Block, Image, Tunnel


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a batch system is spoken to in a script.

    Attributes:
        mark: Begins each directive.
        directives: The directives of a block.
        ends: Shell word for the job's end in seconds of the Unix epoch where the system tells it.
        on_each_node: Command that runs what follows once on each node of a block.
        first: Lines before all others.
    """

    mark: str
    directives: Callable[[Block], Sequence[str]]
    ends: str
    on_each_node: Callable[[Block], str]
    first: Callable[[Block], Sequence[str]] = lambda _block: ()


def script(block: Block, dialect: Dialect) -> str:
    """Write the script of a block; it ends with a newline."""
    return "\n".join([*_head(block, dialect), *_body(block, dialect), ""])


def _head(block: Block, dialect: Dialect) -> Iterator[str]:
    yield "#!/bin/bash"
    yield f"# A block of {block.topic} workers for the site {block.site}, written by"
    yield "# `molsteer site`; change the profile instead of this file."
    yield from (f"{dialect.mark} {line}" for line in dialect.directives(block))
    yield from (f"{dialect.mark} {option}" for option in block.options)
    yield ""


def _body(block: Block, dialect: Dialect) -> Iterator[str]:
    yield from dialect.first(block)
    if block.walltime_s is not None:
        yield "# When the job ends, in seconds since 1970: what does not fit is not begun."
        later = f"$(($(date +%s) + {block.walltime_s}))"
        told = f"${{{dialect.ends}:-{later}}}" if dialect.ends else later
        yield f'ends=${{2:-"{told}"}}'
    if block.nodes > 1:
        again = (
            f'{dialect.on_each_node(block)} bash {shlex.quote(str(block.script))} worker "$ends"'
        )
        yield f"# A worker on each of {block.nodes} nodes, where this script runs once more."
        yield f'if [ "${{1:-}}" != worker ]; then exec {again}; fi'
    yield "# No setting of whoever submitted this may change the worker's."
    yield 'unset "${!MOLSTEER_@}"'
    yield "# A process that is told to end before it has begun leaves no memory image."
    yield "ulimit -c 0"
    if block.modules:
        yield f"module load {shlex.join(block.modules)}"
    yield from block.setup
    if block.proxy:
        proxy = shlex.quote(block.proxy)
        yield f"export http_proxy={proxy} https_proxy={proxy}"
    yield ""
    if block.image or block.tunnel or block.one_worker_per_gpu:
        yield from _guarded(block)
    else:
        yield "# The worker takes the script's place, so that it is told of the end itself."
        yield f"exec {_command(block)}"


def _guarded(block: Block) -> Iterator[str]:
    """Start workers beside the script, which passes signals on and tidies up after them."""
    yield "# What blocks that were killed left on this disk goes first; a lock tells who lives."
    yield (
        f'find "{block.local_disk}" -maxdepth 1 -name "molsteer-block.*" -user "$(id -u)" -mmin +2 '
        "-exec flock --nonblock {} rm -rf {} \\;"
    )
    yield f'scratch=$(mktemp -d "{block.local_disk}/molsteer-block.XXXXXX") || exit'
    yield 'exec 9<"$scratch"; flock 9'
    tunnel = '[ -z "$tunnel" ] || kill -KILL "$tunnel"; ' if block.tunnel else ""
    yield "workers=() tunnel="
    yield f'tidy() {{ {tunnel}rm -rf "$scratch" || (chmod -R u+w "$scratch"; rm -rf "$scratch"); }}'
    yield "trap tidy EXIT"
    yield 'stop() { [ ${#workers[@]} -gt 0 ] || exit 0; kill -TERM "${workers[@]}" 2>/dev/null; }'
    yield "trap stop TERM INT"
    if block.image and block.image.unpacked:
        yield "# Unpacked, no signal to the job can take the image away from beneath the worker."
        yield (
            f'{block.image.runtime} build --sandbox "$scratch/image" '
            f"{shlex.quote(str(block.image.file))} || exit"
        )
    if block.tunnel:
        yield from _through(block.tunnel)
    yield ""
    if block.one_worker_per_gpu:
        every = ",".join(map(str, range(block.gpus)))
        yield f'IFS=, read -ra gpus <<<"${{CUDA_VISIBLE_DEVICES:-{every}}}"'
        yield 'for gpu in "${gpus[@]}"; do'
        yield f"    CUDA_VISIBLE_DEVICES=$gpu {_command(block)} &"
        yield "    workers+=($!)"
        yield "done"
    else:
        yield f"{_command(block)} &"
        yield "workers+=($!)"
    yield "# The first wait ends with a signal, the second with the workers."
    yield 'wait "${workers[@]}"'
    yield 'wait "${workers[@]}"'


def _through(tunnel: Tunnel) -> Iterator[str]:
    place = f"{tunnel.host}:{tunnel.port}"
    login = f"{tunnel.user}@" if tunnel.user else ""
    yield f"# Redis at {place}, by a socket that only this block can reach."
    yield "# What ends the workers must not take the line from under them."
    yield (
        "(trap '' TERM INT; exec ssh -N -o BatchMode=yes -o ExitOnForwardFailure=yes "
        f'-o ServerAliveInterval=15 -L "$scratch/redis.sock:{place}" '
        f"{shlex.quote(tunnel.through)}) &"
    )
    yield "tunnel=$!"
    yield 'until [ -S "$scratch/redis.sock" ]; do kill -0 "$tunnel" || exit; sleep 0.2; done'
    yield f'export MOLSTEER_QUEUE__REDIS_URL="unix://{login}$scratch/redis.sock?db=0"'


def _command(block: Block) -> str:
    until = "never" if block.walltime_s is None else '"+$((ends - $(date +%s)))"'
    worker = f"worker {shlex.join((block.topic, *block.worker))} --until {until}"
    before = [block.molsteer] if block.image is None else _container(block, block.image)
    return " \\\n    ".join([*before, worker])


def _container(block: Block, image: Image) -> Iterator[str]:
    yield f"{image.runtime} run --contain --cleanenv"
    yield '--bind "$scratch" --env TMPDIR="$scratch"'
    yield " ".join(f"--bind {shlex.quote(bind)}" for bind in image.binds)
    if block.gpus:
        yield f"{image.gpu_flag} {_visible(block)}"
    if block.tunnel:
        yield '--env MOLSTEER_QUEUE__REDIS_URL="$MOLSTEER_QUEUE__REDIS_URL"'
    yield '"$scratch/image"' if image.unpacked else shlex.quote(str(image.file))


def _visible(block: Block) -> str:
    """Hand the GPUs in that the job was given; images see no variable otherwise."""
    if block.one_worker_per_gpu:
        return '--env CUDA_VISIBLE_DEVICES="$gpu"'
    return '${CUDA_VISIBLE_DEVICES:+--env CUDA_VISIBLE_DEVICES="$CUDA_VISIBLE_DEVICES"}'
