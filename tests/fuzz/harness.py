"""Fuzzes one reader, guided by coverage: `python tests/fuzz/harness.py READER [libFuzzer options]`.

Without a name it tells all of them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["molsteer"]):
    from support.fuzz_targets import TARGETS


def main(name: str, *options: str) -> None:
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        work, corpus = Path(folder, "work"), Path(folder, "corpus")
        work.mkdir()
        corpus.mkdir()
        for number, seed in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(seed)
        atheris.Setup(
            [sys.argv[0], *options, f"-artifact_prefix={name}-", str(corpus)],
            lambda data: target(data, work),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(*sys.argv[1:])
    else:
        sys.stdout.write("\n".join(TARGETS) + "\n")
