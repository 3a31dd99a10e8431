"""What others wrote is shown as it is, and does nothing where it is shown."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from molsteer.shared.cli.saying import say
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.foreign_text import literal, one_line, shell_word, spreadsheet_cell, visible

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[3]
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\x7f"
DANGEROUS = "\x1b\x07\x9b\u202e\r\x7f"


def test_what_a_terminal_would_obey_is_shown_as_json_does() -> None:
    assert visible("a\x1b[31mb\u202e\udce9") == r"a\u001b[31mb\u202e\udce9"
    assert visible("C/C=C\\F\tfür 東京\nnext") == "C/C=C\\F\tfür 東京\nnext"
    assert one_line("first\nEnded: \x07well") == r"first Ended: \u0007well"


def test_json_stays_the_same_document_when_it_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = {"message": EVIL + "\U000e0001"}
    say(json.dumps(document, ensure_ascii=False))
    shown = capsys.readouterr().out
    assert not set(shown) & set(DANGEROUS)
    assert json.loads(shown) == document


@pytest.mark.parametrize("kind", [str, Text])
def test_a_terminal_is_not_moved_by_what_is_shown_on_it(
    kind: type[str] | type[Text], capsys: pytest.CaptureFixture[str]
) -> None:
    console = Terminal(stderr=False)
    table = Table(EVIL, title=EVIL)
    table.add_row(kind(EVIL))
    console.print(table)
    console.print(kind(f"[bold]c1:o:c[/bold] {EVIL}"), soft_wrap=True)
    shown = capsys.readouterr().out
    assert not set(shown) & set(DANGEROUS)
    assert "[bold]c1:o:c[/bold] " in shown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("C#N", "`C#N`"),
        ("<img src=x onerror=alert(1)>", "`<img src=x onerror=alert(1)>`"),
        ("a|b", r"`a\|b`"),
        ("a\\|b", r"`a\\\|b`"),
        ("`x` **y**", "`` `x` **y** ``"),
        ("first\n\n# second", "`first # second`"),
        ("", ""),
    ],
)
def test_markdown_holds_text_of_others_as_code(text: str, markdown: str) -> None:
    assert literal(text) == markdown


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", " ="])
def test_a_spreadsheet_calculates_nothing_that_others_wrote(begin: str) -> None:
    cell = spreadsheet_cell(f"{begin}cmd|' /C calc'!A0")
    assert cell == f"'{begin}cmd|' /C calc'!A0"


def test_a_command_that_names_a_path_can_be_copied() -> None:
    assert shell_word("runs/mine") == "runs/mine"
    assert shlex.split(f"molsteer resume {shell_word('my runs/$(x)')}")[-1] == "my runs/$(x)"


def test_a_cell_keeps_its_row_and_what_is_harmless() -> None:
    assert spreadsheet_cell("C/C=C\\F") == "C/C=C\\F"
    file = io.StringIO()
    csv.writer(file).writerow([spreadsheet_cell(f'{EVIL}\n"=1"'), 1])
    assert len(file.getvalue().splitlines()) == 1


def test_commands_print_in_one_way() -> None:
    printing = {
        str(file.relative_to(ROOT))
        for folder in ("shared", "services")
        for file in (ROOT / folder).rglob("*.py")
        for call in ("click.echo(", "click.secho(", " Console(")
        if call in file.read_text(encoding="utf-8").replace("super().", "")
    }
    assert printing == {"shared/molsteer/shared/cli/saying.py"}
