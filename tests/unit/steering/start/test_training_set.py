from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import pytest

from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Level, SimulationSpec
from molsteer.steering.errors import UnusableTrainingSet
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.start.training_set import DEFAULT, Columns, read_training_set

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="in-water", unit="eV")
COUNT = Output(name="hydrogens", level="counting")


def label(smiles: str, value: float, output: Output = DEFAULT) -> KnownLabel:
    return KnownLabel(smiles, value, output.level, output.name, output.unit)


ETHANOL, WATER = label("CCO", 14.25), label("O", 18.1)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    data = text.encode()
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return file


def record(smiles: str, **potentials: float) -> dict[str, object]:
    """A record of molecular-design, with the parts that matter."""
    return {
        "key": "anything",
        "identifier": {"smiles": smiles, "inchi": "InChI=1S/..."},
        "data": {"xtb": {}},
        "oxidation_potential": {
            name.replace("_", "-"): value for name, value in potentials.items()
        },
        "reduction_potential": {},
    }


@pytest.mark.parametrize("name", ["known.csv", "known.csv.gz"])
@pytest.mark.parametrize("column", ["adiabatic_eV", "ip_eV", "adiabatic_ionization_potential_eV"])
def test_a_table_gives_its_molecules_in_their_order(tmp_path: Path, name: str, column: str) -> None:
    text = f"id,smiles, {column}\n1,OCC,14.25\n\n2,O,18.1\n3,C(C)O,14.25\n"
    known = read_training_set(write(tmp_path, name, text))
    assert known == [ETHANOL, WATER]
    assert [label.rows for label in known] == [2, 1]


@pytest.mark.parametrize(
    "text",
    [
        "SMILES;Adiabatic_eV\nOCC;14,25\nO;18,1\n",
        "sep=,\ncanonical_smiles,IP_eV\nOCC,14.25\nO,18.1\n",
        "# labels\nip_ev\tname\tSmiles\n14.25\tx, y\tOCC\n18.1\t\tO\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_labels_are_read_as_molecules_are(tmp_path: Path, text: str, encoding: str) -> None:
    for name, data in (
        ("known.csv", text.encode(encoding)),
        ("known.txt", bz2.compress(text.encode(encoding))),
    ):
        (tmp_path / name).write_bytes(data)
        assert read_training_set(tmp_path / name) == [ETHANOL, WATER]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("structure,smiles,E\nOCC,C,14.25\nO,C,18.1\n", Columns("structure", "e")),
        ("14.25,OCC\n18.1,O\n", Columns("2", "1")),
        ("smiles,ip_eV,better\nOCC,1,14.25\nO,1,18.1\n", Columns(label="better")),
    ],
)
def test_columns_of_labels_can_be_chosen(tmp_path: Path, text: str, columns: Columns) -> None:
    file = write(tmp_path, "known.csv", text)
    assert read_training_set(file, columns=columns) == [ETHANOL, WATER]


def test_columns_cannot_be_chosen_in_json(tmp_path: Path) -> None:
    file = write(tmp_path, "known.jsonl", json.dumps(record("CCO", xtb_vacuum=14.25)))
    with pytest.raises(UnusableTrainingSet, match="It is JSON and has no columns"):
        read_training_set(file, columns=Columns(label="E"))


@pytest.mark.parametrize("column", ["homo_lumo_gap", "HOMO-LUMO-gap_eV"])
def test_labels_are_of_the_property_that_is_wanted(tmp_path: Path, column: str) -> None:
    file = write(tmp_path, "known.csv", f"smiles,ip_eV,{column}\nC,14.25,0.5\nO,18.1,-0.25\n")
    assert read_training_set(file, GAP) == [label("C", 0.5, GAP), label("O", -0.25, GAP)]


def test_a_property_without_a_unit_is_told_without_one(tmp_path: Path) -> None:
    file = write(tmp_path, "known.csv", "smiles,hydrogens\nC,4\nCC,nan\nC,5\n")
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(file, COUNT)
    assert raised.value.problems == (
        "line 3: nan is not a number.",
        "line 4: 5 contradicts 4 for the same molecule, C, in line 2.",
    )


def test_a_table_without_the_property_is_told_how_its_column_is_called(tmp_path: Path) -> None:
    file = write(tmp_path, "known.csv", "smiles,ip_eV\nC,14.25\n")
    with pytest.raises(UnusableTrainingSet, match="'homo_lumo_gap' or 'homo_lumo_gap_eV'"):
        read_training_set(file, GAP)


@pytest.mark.parametrize(
    ("recipe", "name", "solvent"),
    [
        ("xtb-vacuum", "adiabatic_ionization_potential", None),
        ("xtb-vacuum-vertical", "vertical_ionization_potential", None),
        ("xtb-acn", "adiabatic_ionization_potential", "acetonitrile"),
    ],
)
def test_the_recipe_of_molecular_design_follows_from_property_and_solvent(
    tmp_path: Path, recipe: str, name: str, solvent: str | None
) -> None:
    data = record("CCO", xtb_vacuum=1.0, xtb_acn=2.0, xtb_vacuum_vertical=3.0)
    data["oxidation_potential"] |= {recipe: 14.25}
    output = Output(name=name, level="xtb", unit="eV")
    level = Level(spec=SimulationSpec(solvent=solvent))
    file = write(tmp_path, "known.jsonl", json.dumps(data))
    assert read_training_set(file, output, level) == [label("CCO", 14.25, output)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps(record("CCO", xtb_vacuum=14.25)), "records of molecular-design"),
        ('{"schema_name": "qcschema_output"}', "QCSchema documents"),
    ],
)
def test_records_that_do_not_hold_the_property_are_refused(
    tmp_path: Path, text: str, kind: str
) -> None:
    level = Level(name="in-water", spec=SimulationSpec(solvent="water"))
    file = write(tmp_path, "known.jsonl", text)
    for output in (GAP, DEFAULT):
        with pytest.raises(UnusableTrainingSet) as raised:
            read_training_set(file, output, level)
        (told,) = raised.value.problems
        assert told.startswith(f"No {output.name} in water is read from {kind}. Give a table with")


def test_a_quote_that_would_swallow_labels_is_refused_with_its_line(tmp_path: Path) -> None:
    text = 'smiles,adiabatic_eV,name\nCCO,14.44,"eth\nCCN,13.2,x\nCC=O,14,y\n'
    with pytest.raises(UnusableTrainingSet, match="the quoted cell that opens in line 2 "):
        read_training_set(write(tmp_path, "known.csv", text))


def test_labels_with_more_cells_than_headings_are_told(tmp_path: Path) -> None:
    text = "smiles,name,ip_eV\nCCO,ethanol,14.25\nOCCO,1,2-ethanediol,13.9\n"
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(write(tmp_path, "known.csv", text))
    assert raised.value.problems == ("line 3: more cells than headings, 4 under 3.",)


def test_records_of_the_seeds_give_their_potential_as_it_is(tmp_path: Path) -> None:
    lines = [
        record("CCO", xtb_vacuum=14.25, xtb_vacuum_vertical=15.0),
        [1655.0, json.dumps(record("O", xtb_vacuum=18.1))],  # as their runs write them
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    for name in ("known.jsonl", "moldata-records.json", "known.jsonl.gz"):
        assert read_training_set(write(tmp_path, name, text)) == [ETHANOL, WATER]


def test_every_line_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    rows = ["CCO,14.25", "C(C,12", "O,", "N,many", "C,nan", "CC,-3", "F,280", "OCC,14.3", "CO"]
    file = write(tmp_path, "known.csv", "\n".join(["smiles,adiabatic_eV", *rows]))
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(file)
    assert raised.value.problems == (
        "line 3: 'C(C' cannot be used, not a SMILES.",
        "line 4: '' is not a number.",
        "line 5: 'many' is not a number.",
        "line 6: nan is not an ionization potential in eV.",
        "line 7: -3 is not an ionization potential in eV.",
        "line 8: 280 is not an ionization potential in eV.",
        "line 9: 14.3 eV contradicts 14.25 eV for the same molecule, CCO, in line 2.",
        "line 10: '' is not a number.",
    )


def test_every_record_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    lines = [
        "no JSON",
        "[]",
        json.dumps({"identifier": {}, "oxidation_potential": {}}),
        json.dumps(record("CCO", smb_vacuum=9.0)),
        "7",
    ]
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(write(tmp_path, "known.jsonl", "\n".join(lines)))
    assert [problem.split(":")[0] for problem in raised.value.problems] == [
        f"line {line}" for line in range(1, 6)
    ]
    assert "identifier.smiles: is missing" in raised.value.problems[2]
    assert "has no 'xtb-vacuum'" in raised.value.problems[3]


def test_tautomers_have_labels_of_their_own(tmp_path: Path) -> None:
    text = "smiles,ip_eV\nO=c1cccc[nH]1,13.658\nOc1ccccn1,13.530\nc1ccnc(O)c1,13.530\n"
    assert read_training_set(write(tmp_path, "known.csv", text)) == [
        label("O=c1cccc[nH]1", 13.658),
        label("Oc1ccccn1", 13.53),
    ]


def test_a_list_of_problems_ends_somewhere(tmp_path: Path) -> None:
    file = write(tmp_path, "known.csv", "smiles,ip_eV\n" + 1_500 * "nonsense,13\n")
    with pytest.raises(UnusableTrainingSet) as raised:
        read_training_set(file)
    assert len(raised.value.problems) == 101
    assert raised.value.problems[-1] == "and 1400 more lines."


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("known.csv", "smiles,energy\nC,13\n", r"no column of labels.*: smiles, energy\)"),
        ("known.csv", "ip_eV,name\n13,C\n", "no column of SMILES.*--training-smiles-column"),
        ("known.csv", "smiles,ip_eV\n", "It holds no molecule."),
        ("known.csv", "", r"first line is: empty"),
        ("known.txt", "C 13\n", "no column of SMILES"),
    ],
)
def test_a_file_that_is_no_training_set_is_refused(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(UnusableTrainingSet, match=problem):
        read_training_set(write(tmp_path, name, text))


def test_a_missing_or_damaged_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableTrainingSet, match="No such file"):
        read_training_set(tmp_path / "absent.csv")
    (tmp_path / "known.csv.gz").write_bytes(gzip.compress(b"smiles,ip_eV")[:-4])
    with pytest.raises(UnusableTrainingSet, match="cannot be read"):
        read_training_set(tmp_path / "known.csv.gz")
