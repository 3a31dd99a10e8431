"""Shells complete what a user begins to type, with the script that `molsteer completion` prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import molsteer

from molsteer.shared.wire.catalogue import PROPERTIES

pytestmark = pytest.mark.fast

COMPLETE = """
eval "$(molsteer completion bash)"
compopt() { echo "compopt $*"; }    # bash knows it only while a person presses the key
COMP_WORDS=(%s) COMP_CWORD=%d
_molsteer_completion molsteer
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str) -> list[str]:
    """Let bash complete the last word."""
    quoted = " ".join(f"'{word}'" for word in ("molsteer", *words))
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE % (quoted, len(words))],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


METHODS = [
    *("diffuse_basis", "normal_basis", "qcengine", "replay", "small_basis", "xtb", "xtb-vertical"),
]
PROPERTIES_IN_A = [name for name in PROPERTIES if name.startswith("a")]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("st",), ["status", "stop"]),
        (("space", ""), ["add", "build", "features", "grow", "info"]),
        (("verify", "--j"), ["--json"]),
        (("run", "--policy-during"), ["--policy-during-update"]),
        (("run", "--policy-during-update", ""), ["continue", "hold-while-training", "pause"]),
        (("run", "--workers-server", "ex"), ["external"]),
        (("worker", ""), ["simulate", "train", "infer"]),
        (("completion", "b"), ["bash"]),
        (("set", "runs/a", "bu"), ["budget=", "buffer="]),
        (("set", "runs/a", "beta=2", "during_update=pa"), ["during_update=pause"]),
        (("set", "runs/a", "during_update", "="), ["continue", "hold-while-training", "pause"]),
        (("set", "runs/a", "beta", "=", "2", "during_update", "=", "pa"), ["pause"]),
        (("set", "runs/a", "beta", "=", "2", "campaign"), ["campaign.budget="]),
        (("doctor", "--only", "pack"), ["packages"]),
        (("simulate", "C", "--spec", ""), METHODS),
        (("simulate", "C", "--property", "a"), ["all", *PROPERTIES_IN_A]),
        (("simulate", "C", "--solvent", "wa"), ["water"]),
        (("run", "--simulate-level", ""), METHODS),
        (("run", "--property", "homo"), ["homo_lumo_gap"]),
        (("run", "--policy-acquisition", "g"), ["greedy"]),
        (("dead", "retry", "absent", ""), []),
    ],
)
def test_bash_completes_commands_options_and_values(
    words: tuple[str, ...], offered: list[str]
) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("words", [("run", ""), ("run", "--space", ""), ("status", "")])
def test_bash_completes_files_where_one_belongs(words: tuple[str, ...]) -> None:
    assert completed(*words)[:3] == ["compopt", "-o", "default"]


@pytest.mark.parametrize(("shell", "command"), [("zsh", "compdef"), ("fish", "complete --")])
def test_other_shells_have_scripts_of_their_own(shell: str, command: str) -> None:
    script = molsteer("completion", shell).stdout
    assert command in script
    assert f"_MOLSTEER_COMPLETE={shell}_complete" in script
