from __future__ import annotations

import bz2
import gzip
import io
import lzma
from zipfile import ZipFile

import pytest

from molsteer.steering.space.errors import UnreadableSource
from molsteer.steering.space.files.sources import MoleculesFile

pytestmark = pytest.mark.fast

SMI = "# from a catalogue\nsmiles name\nCCO ethanol\n\n  CC\tethane\r\nsmiles\n"
CSV = 'name,SMILES\nethanol,CCO\n\n"a, b",CC\nshort\n'


def zipped(data):
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("molecules.smi", data)
    return packed.getvalue()


def rows(path):
    return [(row.line, row.smiles) for row in MoleculesFile(path).rows()]


@pytest.mark.parametrize("name", ["a.smi", "a.smi.gz", "A.SMI", "b.csv.smi"])
def test_a_smi_file_gives_the_first_word_of_each_line(write, name):
    assert rows(write(name, SMI)) == [(3, "CCO"), (5, "CC"), (6, "smiles")]


def test_a_table_without_smiles_gives_its_inchis(write):
    text = 'inchi,dict\n"InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3","{""n_atom"": 9}"\n'
    assert rows(write("MOS.csv", text)) == [(2, "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3")]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.b.csv"])
def test_a_csv_file_gives_its_column_smiles_whatever_its_case(write, name):
    assert rows(write(name, CSV)) == [(2, "CCO"), (4, "CC"), (5, "")]


def test_a_byte_order_mark_does_not_hide_the_column(write):
    assert rows(write("a.csv", "\ufeffsmiles\nCCO\n")) == [(2, "CCO")]


def test_bytes_that_are_no_text_spoil_their_own_row_only(write):
    path = write("a.smi", "CC\n\nCCO\n")
    path.write_bytes(b"CC\n\xff\xfe\nCCO\n")
    found = rows(path)
    assert (found[0], found[2]) == ((1, "CC"), (3, "CCO"))


def test_the_whole_file_counts_as_read_at_the_end(write):
    file = MoleculesFile(write("a.csv.gz", CSV))
    list(file.rows())
    assert file.bytes_read == file.size_bytes > 0


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.csv", "id,ip\n1,2\n", r"no column of SMILES or InChI \(its first line is: id,ip\)"),
        ("a.csv", "", r"no column of SMILES .* empty\).*--smiles-column"),
        ("a.txt", "CC\n", r"no column of SMILES or InChI \(its first line is: CC\)"),
        ("a.csv", "CCO,ethanol\n", "by its heading or, where there are none, by its number"),
        ("a.csv", "name,SMILES 1,SMILES 2\n", "each of its columns SMILES 1, SMILES 2 may hold"),
    ],
)
def test_a_file_of_another_format_is_refused_with_what_was_expected(write, name, text, complaint):
    with pytest.raises(UnreadableSource, match=complaint):
        rows(write(name, text))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="does not exist"):
        MoleculesFile(tmp_path / "none.smi")
    with pytest.raises(UnreadableSource, match="it is a folder"):
        MoleculesFile(tmp_path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
def test_a_damaged_archive_is_refused(write, pack):
    path = write("a.smi.gz", "")
    path.write_bytes(pack("".join(f"{number * 'C'}\n" for number in range(1000)).encode())[:-40])
    with pytest.raises(UnreadableSource, match=r"a\.smi\.gz .* Check that it is complete"):
        rows(path)


def test_what_is_no_text_is_refused(write):
    path = write("a.smi.gz", "CCO\n")
    path.write_bytes(b"CC\n" + path.read_bytes())
    with pytest.raises(UnreadableSource, match="it is not text"):
        rows(path)
