"""What the arguments of `molsteer simulate` stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.simulator.cli.inputs import Given, UnreadableMolecules, read_given

pytestmark = pytest.mark.fast


def test_arguments_are_molecules_or_files_of_them_in_their_order(tmp_path: Path) -> None:
    lines, table = tmp_path / "some.SMI", tmp_path / "some.csv"
    lines.write_text("\ufeffCCO\tethyl alcohol\n\n# nothing\nC\n", encoding="utf-8")
    table.write_text('Name, SMILES\n"methyl, free",[CH3]\n\n,N\n', encoding="utf-8")
    assert read_given(["O", str(table), str(lines)]) == [
        Given("O"),
        Given("[CH3]", "methyl, free"),
        Given("N"),
        Given("CCO", "ethyl alcohol"),
        Given("C"),
    ]


def test_bytes_that_are_no_text_are_shown_and_not_lost() -> None:
    assert read_given(["C\udcff"]) == [Given("C\\udcff")]


@pytest.mark.parametrize(
    ("name", "content", "cure"),
    [
        ("open.csv", b'smiles\n"CCO\nCCN\n', "unexpected end of data"),
        ("wide.csv", b"smiles,name\nCCO,a,b\n", "line 2 has 3 cells under 2 headings"),
        ("other.csv", b"molecule\nCCO\n", "no column 'smiles'"),
        ("empty.smi", b"\n# nothing\n", "one SMILES in each line"),
        ("wide.smi", "CCO".encode("utf-16"), "Save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_refused(
    name: str, content: bytes, cure: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UnreadableMolecules, match=cure) as refusal:
        read_given(["CCO", str(file)])
    assert name in refusal.value.source


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UnreadableMolecules, match=r"no\.smi cannot be read: No such file"):
        read_given(["no.smi"])
