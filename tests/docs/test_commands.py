"""Every command that the documentation shows is one that the program knows."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from molsteer.shared.cli.main import molsteer

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
PAGES = [each for part in ("*.md", "sites/*.md") for each in sorted((ROOT / "docs").glob(part))]
DOCUMENTS = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"),
    *PAGES,
]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = (
    set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    | {"bench-NAME"}
    | {
        f"bench-{name}"
        for name in re.findall(r"\S+", MAKEFILE.partition("BENCHES :=")[2].splitlines()[0])
    }
)

PROXYSTORE = {
    "proxystore-endpoint": ("proxystore.endpoint.cli", "cli"),
    "proxystore-relay": ("proxystore.p2p.relay.run", "cli"),
    "proxystore-globus-auth": ("proxystore.globus.cli", "cli"),
}


def shown(word: str) -> Iterator[str]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            lines = block.replace("\\\n", "").splitlines()
            yield from (line for line in lines if line.startswith(f"{word} "))
        yield from re.findall(rf"`({word} [^`]+)`", text)


def test_the_documents_show_commands() -> None:
    assert len(list(shown("molsteer"))) > 5
    assert len(list(shown("make"))) > 3


@pytest.mark.parametrize("line", sorted(set(shown("molsteer"))))
def test_a_molsteer_command_of_the_documents_is_understood(line: str) -> None:
    understood(molsteer, shlex.split(line, comments=True)[1:], line)


def understood(program: click.Command, words: list[str], line: str) -> None:
    command: click.Command | None = program
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        command = command.get_command(click.Context(command), name)
        assert command is not None, f"{line!r}: there is no command {name!r}"
    assert command is not None
    # A command keeps the names of its help option from the first context it sees.
    command.make_context(program.name, words, resilient_parsing=True, **molsteer.context_settings)


@pytest.mark.parametrize("word", list(PROXYSTORE))
def test_a_command_of_proxystore_in_the_documents_is_understood(word: str) -> None:
    module, name = PROXYSTORE[word]
    try:
        program = getattr(import_module(module), name)
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"The extra molsteer-shared[endpoints] is not installed: {error}")
    lines = set(shown(word))
    assert lines
    for line in lines:
        words = shlex.split(line.removesuffix(" &"), comments=True)[1:]
        understood(program, words, line)


@pytest.mark.parametrize("line", sorted(set(shown("make"))))
def test_a_make_target_of_the_documents_exists(line: str) -> None:
    assert shlex.split(line, comments=True)[1] in TARGETS
