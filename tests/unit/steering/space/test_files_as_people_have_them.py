"""Packing, encoding, delimiter and headings are found out; what cannot be is told why."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from molsteer.steering.space.build import build
from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.sources import MoleculesFile
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

ETHANOL = "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3"


def smiles(path: Path, column: str | None = None) -> list[str]:
    return [row.smiles for row in MoleculesFile(path, smiles_column=column).rows()]


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def zipped(data: bytes, *names: str) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in names or ("molecules.csv", "__MACOSX/._molecules.csv"):
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("semicolons.csv", "id;smiles;name\n1;CCO;ethanol\n2;CCN;x, y\n"),
        ("tabs.csv", "smiles\tname\nCCO\tx\nCCN\ty, z\n"),
        ("bars.csv", "name|smiles\nx|CCO\ny|CCN\n"),
        ("told.csv", "sep=,\nsmiles,name\nCCO,x\nCCN,y\n"),
        ("told.csv", '"sep=^"\nid^smiles\n1^CCO\n2^CCN\n'),
        ("other-heading.csv", "canonical_smiles,chembl_id\nCCO,CHEMBL545\nCCN,y\n"),
        ("other-heading.csv", "CID,Isomeric SMILES,Canonical SMILES\n1,CCO,C\n2,CCN,C\n"),
        ("only-one-speaks-of-it.tsv", "Ligand SMILES\tKi\nCCO\t3\nCCN\t4\n"),
        ("comments.csv", "# made by a tool\n# and another, smiles\nsmiles,name\nCCO,x\nCCN,y\n"),
        ("numbered.csv", "#,smiles\n1,CCO\n2,CCN\n"),
        ("commas.smi", "SMILES,ID\nCCO,1\nCCN,2\n"),
        ("commas-only.smi", "CCO,1\nCCN,2\n"),
        ("identifiers-first.smi", "zinc_id smiles\nZINC01 CCO\nZINC02 CCN\n"),
        ("tabs.smi", "CCO\t1\t7.5\nCCN\t2\t8.1\n"),
        ("heading-in-comment.smi", "# ZINC\n#SMILES name\nCCO ethyl alcohol\nCCN\n"),
        ("no-suffix", "name,smiles\nx,CCO\ny,CCN\n"),
        ("old-mac.csv", "smiles,name\rCCO,x\rCCN,y\r"),
        ("empty-ends.csv", "smiles,name,,\nCCO,x,,\nCCN,y,,\n"),
        ("blank-behind-comma.csv", 'name, smiles\n"a, b", CCO\n"c", CCN\n'),
    ],
)
def test_delimiter_and_headings_are_found_out(tmp_path: Path, name: str, text: str) -> None:
    assert smiles(written(tmp_path, name, text)) == ["CCO", "CCN"]


@pytest.mark.parametrize("name", ["right.csv", "wrong.csv.gz", "wrong.csv.xz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zipped])
def test_packing_is_told_by_content_not_by_name(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    file = MoleculesFile(written(tmp_path, name, pack(b"smiles,name\nCCO,x\n")))
    assert [row.smiles for row in file.rows()] == ["CCO"]
    assert file.bytes_read == file.size_bytes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "smiles,name\nCCO,\u00e4thanol\n"), ("a.smi", "CCO \u00e4thanol\n")],
)
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, name: str, text: str) -> None:
    (row,) = MoleculesFile(written(tmp_path, name, text.encode(encoding))).rows()
    assert (row.smiles, row.cells) == ("CCO", ("\u00e4thanol",))


def test_names_that_are_no_utf_8_are_read_as_windows_writes_them(tmp_path: Path) -> None:
    data = "smiles,name\nCCO,\u00e4thanol\n".encode("cp1252") + "CCN,\u00e9thylamine\n".encode()
    rows = MoleculesFile(written(tmp_path, "a.csv", data)).rows()
    assert [row.cells for row in rows] == [("\u00e4thanol",), ("\u00e9thylamine",)]


@pytest.mark.parametrize("name", ["radical.csv", "radical.smi", "radical.tsv"])
def test_cxsmiles_is_the_same_species_in_every_format(tmp_path: Path, name: str) -> None:
    heading = "" if name.endswith("smi") else "smiles\n"
    source = written(tmp_path, name, f"{heading}CC |^1:0|\n")
    build([source], tmp_path / "space", chunk_size=10)
    assert SearchSpace.open(tmp_path / "space").smiles(0) == "[CH2]C"


def test_a_name_may_follow_cxsmiles(tmp_path: Path) -> None:
    rows = MoleculesFile(written(tmp_path, "a.smi", "CC |^1:0| ethyl radical\nCC a |b|\n")).rows()
    assert [(row.smiles, *row.cells) for row in rows] == [
        ("CC |^1:0|", "ethyl radical"),
        ("CC", "a |b|"),
    ]


@pytest.mark.parametrize(
    "line",
    ["CCO\tmy smiles", "CCO,x,smiles of y", f"{ETHANOL} CCO", "CCO", "C(C N", "CCO a smiles"],
)
def test_the_first_row_of_a_list_is_no_heading(tmp_path: Path, line: str) -> None:
    assert len(smiles(written(tmp_path, "a.smi", f"# no smiles, no SMILES\n{line}\nCCN x\n"))) == 2


def test_an_inchi_is_read_where_a_row_has_no_smiles(tmp_path: Path) -> None:
    text = f'smiles,InChI,name\n,"{ETHANOL}",a\nCC,"{ETHANOL}",b\n,{ETHANOL},c\n,,d\n'
    rows = list(MoleculesFile(written(tmp_path, "both.csv", text)).rows())
    assert [row.smiles for row in rows] == [ETHANOL, "CC", ETHANOL, ""]
    assert [row.cells[-1] for row in rows] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("a.csv", "id,structure,smiles\n1,CCO,C\n2,CCN,C\n", "structure"),
        ("a.csv", "id,Structure,smiles\n1,CCO,C\n2,CCN,C\n", " structure"),
        ("a.csv", "id,structure,smiles\n1,CCO,C\n2,CCN,C\n", "2"),
        ("a.csv", "CCO,ethanol\nCCN,x\n", "1"),
        ("a.smi", "962 CCO\n887 CCN\n", "2"),
        ("a.txt", "ZINC01 CCO\nZINC02 CCN y\n", "2"),
        ("a.txt", "x;CCO;1,5\ny;CCN;2,5\n", "2"),
    ],
)
def test_the_column_can_be_chosen_by_heading_or_number(
    tmp_path: Path, name: str, text: str, column: str
) -> None:
    assert smiles(written(tmp_path, name, text), column) == ["CCO", "CCN"]


@pytest.mark.parametrize(
    ("name", "data", "column", "cause"),
    [
        ("a.smi", b"962 O\n887 CO\n", None, "do not begin with SMILES, but with 962"),
        ("a.smi", b"7.5 CCO\n", None, "but with 7.5"),
        ("a.smi", b"ZINC01 CCO\n", None, "but with ZINC01.*--smiles-column"),
        ("a.csv", b"CCO,ethanol\n", None, r"no column of SMILES or InChI.*CCO,ethanol\)"),
        ("a.csv", b"smiles,x\n", "structure", r"no column 'structure' .*: smiles,x\)"),
        ("a.csv", b"smiles,x\n", "7", "it has 2 columns, and none of number 7"),
        (
            "a.csv",
            gzip.compress(gzip.compress(b"smiles\nC\n", mtime=0), mtime=0),
            None,
            "packed twice",
        ),
        ("a.zip", zipped(b"smiles\nC\n", "a.csv", "b.csv"), None, "an archive of 2 files"),
        ("a.csv", zipped(b"", "[Content_Types].xml", "xl/a.xml"), None, "an Excel workbook"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), None, "Microsoft Office"),
        ("a.csv", b"\x28\xb5\x2f\xfd" + bytes(99), None, "Zstandard, which is not supported"),
        ("a.smi", bytes(range(256)), None, "it is not text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_cause(
    tmp_path: Path, name: str, data: bytes, column: str | None, cause: str
) -> None:
    with pytest.raises(UnreadableSource, match=cause):
        smiles(written(tmp_path, name, data), column)


BEGIN = 'smiles,name\nCCO,ethanol\nCCN,"ethylamine\nCCC,propane\nCCF,fluoroethane'


@pytest.mark.parametrize(
    "text",
    [
        BEGIN,
        f"{BEGIN}\n" + 20_000 * "CCCl,chloroethane\n",
        f'{BEGIN}"\n',
        f'{BEGIN}\nCCO,"ether"\n',
    ],
    ids=["never closed", "never closed in a large file", "closed below", "another quote below"],
)
def test_a_quote_that_swallows_rows_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableSource, match="the quoted cell that opens in line 3 "):
        smiles(written(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    "rows", ['"ethylamine,CCN\nfluoromethane",CF', '"ethylamine,CCN\nCC,CC\nx",CF']
)
def test_rows_are_missed_too_where_smiles_stand_last(tmp_path: Path, rows: str) -> None:
    source = written(tmp_path, "a.csv", f"name,smiles\nethanol,CCO\n{rows}\n")
    with pytest.raises(UnreadableSource, match=r"opens in line 3 .*there are rows in it"):
        smiles(source)


@pytest.mark.parametrize("text", ["smiles,name\nCCO,%s\n", "name,smiles\n%s,CCO\n"])
@pytest.mark.parametrize("cell", ['"a\nb"', '"a, b\nred, dye"', '"CC\nCC"', '"x\n\ny, z"'])
def test_names_may_have_several_lines(tmp_path: Path, text: str, cell: str) -> None:
    assert smiles(written(tmp_path, "a.csv", text % cell + "CC,CC\n")) == ["CCO", "CC"]


def test_a_quoted_cell_may_have_several_lines_and_delimiters(tmp_path: Path) -> None:
    text = 'smiles,note\nCCO,"colourless,\nvolatile, ""wine""\n\nflammable"\nCCN,y\n'
    rows = list(MoleculesFile(written(tmp_path, "a.csv", text)).rows())
    assert [(row.line, row.smiles) for row in rows] == [(2, "CCO"), (6, "CCN")]
    assert rows[0].cells == ('colourless,\nvolatile, "wine"\n\nflammable',)


def test_every_row_of_a_file_is_accounted_for(tmp_path: Path) -> None:
    rows = ["CCO,ethanol", "OCC,again", "CC,1,2-wrong", "#CCC", "", "short", "CN,x,,", ",nothing"]
    source = written(tmp_path, "a.csv", "\n".join(["smiles,name", *rows]))
    manifest = build([source], tmp_path / "space", chunk_size=10)
    assert (manifest.rows, manifest.molecules) == (7, 2)
    assert manifest.rejected_rows == {
        "duplicate": 1,
        "more cells than headings": 1,
        "no SMILES": 1,
        "not a SMILES": 2,
    }
    listed = (tmp_path / "space" / "rejected.csv").read_text()
    assert ',4,,"more cells than headings, 3 under 2"\n' in listed
