"""Molecules that `molsteer simulate` was given: as arguments, in files, or on standard input."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.errors import UserError

STANDARD_INPUT = "-"
_FILES = (".smi", ".csv", ".txt")


@dataclass(frozen=True, slots=True)
class Given:
    """A molecule as it was given.

    Attributes:
        smiles: As it was written, which need not be valid.
        name: What stands beside it in its file; empty if there is nothing.
    """

    smiles: str
    name: str = ""


class UnreadableMolecules(UserError):
    """A file of molecules that cannot be read."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"The molecules in {source} cannot be read: {reason}")
        self.source, self.reason = source, reason


def read_given(arguments: Sequence[str]) -> list[Given]:
    """Read what the arguments stand for, in their order.

    `-` is standard input and `.smi` or `.txt` a file with one SMILES in each line, behind which may
    stand a name; `.csv` is a table with a column `smiles`, and perhaps one `name`; any other
    argument is a SMILES.

    Raises:
        UnreadableMolecules: If a file cannot be read, or holds no molecule.
    """
    return [given for argument in arguments for given in _given(argument)]


def _given(argument: str) -> list[Given]:
    # A terminal may write bytes that are not Unicode.
    written = argument.encode(errors="backslashreplace").decode()
    if argument != STANDARD_INPUT and not argument.lower().endswith(_FILES):
        return [Given(written)]
    source = "standard input" if argument == STANDARD_INPUT else written
    try:
        text = _text(argument)
        read = _csv if argument.lower().endswith(".csv") else _lines
        found = list(read(text.splitlines()))
    except OSError as error:
        raise UnreadableMolecules(source, f"{error.strerror}. Check the path.") from None
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8. Save it as UTF-8 text."
        raise UnreadableMolecules(source, reason) from None
    except csv.Error as error:
        raise UnreadableMolecules(source, f"{error}. Mend the table.") from None
    if not found:
        raise UnreadableMolecules(source, "there are none. Write one SMILES in each line.")
    return found


def _text(argument: str) -> str:
    data = sys.stdin.buffer.read() if argument == STANDARD_INPUT else Path(argument).read_bytes()
    return data.decode("utf-8-sig")


def _lines(lines: Iterable[str]) -> Iterator[Given]:
    for line in lines:
        if line.strip() and not line.startswith("#"):
            smiles, *name = line.split(maxsplit=1)
            yield Given(smiles, "".join(name).strip())


def _csv(lines: Iterable[str]) -> Iterator[Given]:
    reader = csv.reader(lines, strict=True)
    header = [name.strip().lower() for name in next(reader, [])]
    if "smiles" not in header:
        raise csv.Error("its first line names no column 'smiles'")
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            place = f"line {reader.line_num} has {len(cells)} cells"
            raise csv.Error(f"{place} under {len(header)} headings")
        row = dict(zip(header, cells, strict=True))
        yield Given(row["smiles"].strip(), row.get("name", "").strip())
