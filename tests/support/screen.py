"""What a person sees of a program that writes to a terminal; one that breaks lines anew."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from support.waiting import PATIENCE_S

_PART = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")
_UNFINISHED = re.compile(r"\x1b(\[[?\d;]*)?\Z")


@dataclass
class Screen:
    """The rows on a terminal, of which some go on in the next one, and its cursor."""

    columns: int
    rows: list[str] = field(default_factory=lambda: [""])
    goes_on: list[bool] = field(default_factory=lambda: [False])
    row: int = 0
    column: int = 0
    unfinished: str = ""

    def write(self, text: str) -> None:
        """Do what a terminal does with text, of which a command may come in parts."""
        text = self.unfinished + text
        begun = _UNFINISHED.search(text)
        self.unfinished = begun[0] if begun else ""
        text = text.removesuffix(self.unfinished)
        for numbers, code, move, plain in _PART.findall(text):
            if move:
                self._move(move)
            elif plain:
                self._put(plain)
            elif code == "K":
                self.rows[self.row] = self.rows[self.row][: self.column]
            elif code == "J":
                self.rows[self.row] = self.rows[self.row][: self.column]
                del self.rows[self.row + 1 :], self.goes_on[self.row + 1 :]
                self.goes_on[self.row] = False
            elif code == "A":
                self.row = max(0, self.row - int(numbers or 1))
            else:
                assert code in "mhl", f"ESC[{numbers}{code}"

    def resize(self, columns: int) -> None:
        """Break the lines anew; the cursor stays at its place in the text."""
        lines, at = [""], (0, 0)
        for row, (text, goes_on) in enumerate(zip(self.rows, self.goes_on, strict=True)):
            if row == self.row:
                at = (len(lines) - 1, len(lines[-1]) + self.column)
            lines[-1] += text
            if not goes_on:
                lines.append("")
        self.columns, self.rows, self.goes_on = columns, [], []
        for number, line in enumerate(lines[:-1]):
            if number == at[0]:
                self.row, self.column = len(self.rows) + at[1] // columns, at[1] % columns
            parts = [line[i : i + columns] for i in range(0, len(line), columns)] or [""]
            self.rows += parts
            self.goes_on += [True] * (len(parts) - 1) + [False]

    def rests_at(self, text: str) -> bool:
        """Tell whether the cursor rests in a row with a text, as in the first of a drawn view."""
        return text in self.rows[self.row]

    @property
    def shown(self) -> list[str]:
        """The rows that are not empty."""
        return [row.rstrip() for row in self.rows if row.strip()]

    def _move(self, character: str) -> None:
        self.column = 0
        if character == "\n":
            self.row += 1
            if self.row == len(self.rows):
                self.rows.append("")
                self.goes_on.append(False)

    def _put(self, text: str) -> None:
        for character in text:
            if self.column == self.columns:
                self.goes_on[self.row] = True
                self._move("\n")
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + character + row[self.column + 1 :]
            self.column += 1


class Watched:
    """A program whose standard error is a terminal; what it is told comes from a pipe.

    Args:
        command: The program and its arguments.
        size: Columns and rows of the terminal.
    """

    def __init__(self, command: Sequence[str], size: tuple[int, int] = (80, 24)) -> None:
        self._terminal, program_side = pty.openpty()
        self.screen, self.received = Screen(size[0]), ""
        self._decoder = getincrementaldecoder("utf-8")()
        self._set_size(size)
        self._program = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=program_side,
            text=True,
            env={k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LINES"}}
            | {"TERM": "xterm-256color"},
        )
        os.close(program_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._program.poll() is None:
            self._program.kill()
            self._program.communicate()

    def tell(self, line: str) -> None:
        """Give the program a line to read."""
        assert self._program.stdin is not None
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()

    def resize(self, columns: int, rows: int = 24) -> None:
        """Change the size of the terminal, of which the kernel tells the program."""
        self.screen.resize(columns)
        self._set_size((columns, rows))

    def until(self, condition: Callable[[Screen], bool], within_s: float = PATIENCE_S) -> list[str]:
        """Wait for something to be seen, and give what is on the screen then."""
        deadline = time.monotonic() + within_s
        while not condition(self.screen):
            assert time.monotonic() < deadline, self.screen.shown
            if select.select([self._terminal], [], [], 0.1)[0]:
                self._read()
        return self.screen.shown

    def end(self) -> str:
        """Wait for the program's end, and give its standard output."""
        output, _ = self._program.communicate(timeout=240)
        with suppress(OSError):  # Linux says so when the last writer has gone
            while self._read():
                pass
        os.close(self._terminal)
        assert self._program.returncode == 0
        return output

    def _read(self) -> bool:
        data = os.read(self._terminal, 65536)
        text = self._decoder.decode(data)
        self.received += text
        self.screen.write(text)
        return bool(data)

    def _set_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
