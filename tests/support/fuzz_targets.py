"""Everything that reads bytes of others, as functions that fuzzers call.

A target does with some bytes what the program does with them, and may raise nothing but the errors
that its documentation names. Its seeds are bytes that it accepts.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import numpy as np
import torch
from support.molecules import some_molecules
from support.tasks import outcome_of, simulate_task
from support.toy_campaign import toy_space

from molsteer.inferencer.predictions import Predictions
from molsteer.shared.blobs.codecs import decode_arrays, decode_tree, encode
from molsteer.shared.blobs.globus_sites import read_sites
from molsteer.shared.bus.celery_app import message_ids
from molsteer.shared.bus.dead_letters import DeadLetter, read_letter
from molsteer.shared.errors import (
    BlobCorrupt,
    MolsteerError,
    SettingsError,
    UnusableFile,
    WireError,
)
from molsteer.shared.ml.batch import collate
from molsteer.shared.ml.errors import UnusableGraphs, UnusableWeights, WrongArchitecture
from molsteer.shared.ml.molecules import read_graphs
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.ml.weights import EnsembleWeights
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.codec import decode_foreseen, decode_outcome, decode_task
from molsteer.shared.wire.codec import encode as encode_message
from molsteer.shared.wire.ensemble import Architecture, Manifest
from molsteer.shared.wire.key_file import read_keys
from molsteer.shared.wire.key_ring import Key, KeyRing
from molsteer.shared.wire.messages import Foreseen
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.topics import TOPICS
from molsteer.simulator.cli.inputs import UnreadableMolecules, read_given
from molsteer.simulator.errors import BadSmiles, UnsupportedElement
from molsteer.simulator.molecule.species import read_species
from molsteer.steering.errors import RecordUnreadable, UnusableTrainingSet
from molsteer.steering.records.documents.record_files import read_record
from molsteer.steering.settings.campaign import load_campaign
from molsteer.steering.space.admission import Admission
from molsteer.steering.space.digesting import digest
from molsteer.steering.space.errors import DamagedSpace, UnreadableSource
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.files.mapped import mapped_arrays
from molsteer.steering.space.files.sources import MoleculesFile
from molsteer.steering.space.manifest import MANIFEST_NAME
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.model_files import NoWeights, read_weights
from molsteer.steering.start.training_set import read_training_set
from molsteer.trainer.errors import UnusableLabels
from molsteer.trainer.labelled import LabelledMolecules

KEYS = KeyRing(
    keys=tuple(Key(id=topic, topic=topic, secret="5a" * 32, signs=True) for topic in TOPICS)
)
TASK = simulate_task("CCO")


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        read: Reads bytes; the folder is for readers of files, and empty but for what they wrote.
        errors: What it may raise.
        seeds: Bytes that it accepts.
    """

    read: Callable[[bytes, Path], object]
    errors: tuple[type[MolsteerError | NoWeights | ValueError], ...]
    seeds: tuple[bytes, ...]

    def __call__(self, data: bytes, folder: Path) -> None:
        """Read bytes; what is raised is a defect."""
        with suppress(*self.errors):
            self.read(data, folder)


def of_bytes(read: Callable[[bytes], object]) -> Callable[[bytes, Path], object]:
    return lambda data, _folder: read(data)


def of_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def write_and_read(data: bytes, folder: Path) -> object:
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(data)
        return read(file)

    return write_and_read


def train_on(data: bytes) -> None:
    labelled = LabelledMolecules.from_arrays(decode_arrays(data, "fuzz"), outputs=2)
    collate(labelled.graphs)


def score_with(data: bytes) -> None:
    EnsembleWeights.from_arrays(decode_arrays(data, "fuzz")).build(torch.device("cpu"))


def open_space(data: bytes, folder: Path) -> None:
    """Replace one file of a small space, whose number is the first byte."""
    built = (folder / "space").is_dir()
    space = SearchSpace.open(folder / "space") if built else toy_space(folder)
    files = [MANIFEST_NAME, *(stored.file for stored in space.manifest.files)]
    path = space.folder / files[data[0] % len(files)] if data else space.folder / MANIFEST_NAME
    before = path.read_bytes()
    try:
        path.write_bytes(data[1:])
        look_through(SearchSpace.open(space.folder))
    finally:
        path.write_bytes(before)


def look_through(space: SearchSpace) -> None:
    for index in range(len(space)):
        assert " " not in space.smiles(index)
    space.graphs(np.arange(len(space)))


def read_features(file: Path) -> None:
    arrays = mapped_arrays(file)
    found = Features.from_arrays(arrays)
    Features.from_arrays(arrays, np.arange(len(found)))


def read_candidates(data: bytes) -> None:
    Candidates.from_arrays(decode_arrays(data, "fuzz"), outputs=2, molecules=16)


def read_predictions(data: bytes) -> None:
    Predictions.from_arrays(decode_arrays(data, "fuzz"), chunk=0, outputs=1, molecules=2)


def read_sites_here(file: Path) -> None:
    read_sites(file, "alpha.example.org")


def read_rows_of(file: Path, column: str | None = None) -> None:
    molecules = MoleculesFile(file, smiles_column=column)
    width = len(molecules.columns())
    for row in molecules.rows():
        row.smiles.encode()
        assert len(row.cells) == width


def read_given_of(file: Path) -> None:
    assert all(isinstance(given.smiles, str) for given in read_given([str(file)]))


def featurize(data: bytes) -> None:
    digest(data.decode(errors="replace").splitlines(), Admission(salts="neutral-fragment"))


def read_molecule(data: bytes) -> None:
    read_species(data.decode(errors="replace"))


def candidates(**changes: object) -> bytes:
    values = np.zeros((2, 3), dtype=np.float32)
    found = Candidates(row=np.arange(3), score=values[0], mean=values, spread=values)
    return encode(found.to_arrays() | changes, "safetensors")


def predictions() -> bytes:
    arrays = {"member": np.arange(3), "value": np.zeros((3, 1, 2), dtype=np.float32)}
    return encode(arrays, "safetensors")


def weights() -> bytes:
    architecture = Architecture(width=4, layers=1)
    gap = Output(name="homo_lumo_gap", level="xtb", unit="eV")
    manifest = Manifest(
        architecture=architecture, outputs=(gap,), members=(0,), generation=1, seed=0
    )
    return encode(
        EnsembleWeights.of(Ensemble(architecture, 1), manifest).to_arrays(), "safetensors"
    )


def labelled() -> bytes:
    value = np.array([[9.0, np.nan, 11.0], [3.0, 4.0, np.nan]], dtype=np.float32)
    return encode(some_molecules(3).to_arrays() | {"value": value}, "safetensors")


def features() -> bytes:
    return encode(featurize_smiles(["CCO", "c1ccccc1"]).to_arrays(), "safetensors")


def kombu_message() -> bytes:
    return json.dumps({"body": "W10=", "headers": {"id": "toy:simulate/1/xtb/1"}}).encode()


CSV = b"smiles,adiabatic_eV\nCCO,10.5\nC,12.6\n"
JSONL = b'{"identifier": {"smiles": "CCO"}, "oxidation_potential": {"xtb-vacuum": 10.5}}\n'
ARCHIVE = json.dumps(
    [
        {
            "schema_name": "qcschema_output",
            "molecule": {
                "symbols": ["O", "H", "H"],
                "geometry": [0, 0, charge / 10, 1.8, 0, 0, 0, 1.8, 0],
                "molecular_charge": charge,
                "identifiers": {"smiles": "O"},
            },
            "model": {"method": "GFN2-xTB"},
            "properties": {"return_energy": charge - 4},
        }
        for charge in (0, 1)
    ]
).encode()


def zipped(method: int) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", method) as archive:
        archive.writestr("molecules.csv", b"smiles,name\nCCO,ethanol\n")
    return packed.getvalue()


PACKED = (
    bz2.compress(CSV),
    lzma.compress(CSV),
    *(zipped(method) for method in (ZIP_STORED, ZIP_DEFLATED, ZIP_LZMA)),
    b'sep=;\nname;Isomeric SMILES;InChI\n"a\nb";CC |^1:0|;InChI=1S/CH4/h1H4\n',
    "# x\nname\tsmiles\n\u00e4\tC\n".encode("utf-16"),
)
CAMPAIGN = b"""[campaign]
name = "small"
space = "molecules.smi"
budget = 12
[policy]
beta = 0.5
during_update = "pause"
[queue]
lease_s = 3.0
redis_url = "redis://127.0.0.1:6379/0"
[workers]
server = "external"
"""
SITES = json.dumps(
    {
        f"0000000{n}-0000-4000-8000-000000000000": {
            "host_regex": host,
            "endpoint_path": "/~/blobs",
            "local_path": "~/blobs",
        }
        for n, host in enumerate((r"alpha\..*", "beta"))
    }
).encode()
RECORD = b'{"neutral": {"id": "1"}, "cation": {}}'

_BLOB = (BlobCorrupt,)
_MOLECULES = (UnreadableSource,)

FORESEEN = Foreseen(
    campaign="fuzz",
    topic="infer",
    refs=(ObjRef(store="redis", key="key", codec="raw", sha256="0" * 64, size_bytes=1),),
)

TARGETS: dict[str, Target] = {
    "task": Target(of_bytes(decode_task), (WireError,), (encode_message(TASK),)),
    "outcome": Target(of_bytes(decode_outcome), (WireError,), (encode_message(outcome_of(TASK)),)),
    "foreseen": Target(of_bytes(decode_foreseen), (WireError,), (encode_message(FORESEEN),)),
    "signed-task": Target(
        of_bytes(lambda data: decode_task(data, KEYS)), (WireError,), (encode_message(TASK, KEYS),)
    ),
    "signed-body": Target(
        of_bytes(lambda data: decode_outcome(KEYS.sign("outcome", "infer", data), KEYS)),
        (WireError,),
        (encode_message(outcome_of(TASK)),),
    ),
    "kombu-message": Target(
        of_bytes(lambda data: set(message_ids([data]))), (), (kombu_message(),)
    ),
    "dead-letter": Target(
        of_bytes(read_letter), (), (DeadLetter.of(b"x", "no", 1.0).model_dump_json().encode(),)
    ),
    "arrays": Target(of_bytes(lambda data: decode_arrays(data, "fuzz")), _BLOB, (labelled(),)),
    "tree": Target(
        of_bytes(lambda data: decode_tree(data, "fuzz")),
        _BLOB,
        (encode({"a": [1, 2.5, None, {"b": b"\0"}]}, "msgpack"),),
    ),
    "graphs": Target(
        of_bytes(lambda data: collate(read_graphs(decode_arrays(data, "fuzz")))),
        (BlobCorrupt, UnusableGraphs),
        (encode(some_molecules(3).to_arrays(), "safetensors"),),
    ),
    "training-set-blob": Target(
        of_bytes(train_on), (BlobCorrupt, UnusableGraphs, UnusableLabels), (labelled(),)
    ),
    "weights": Target(
        of_bytes(score_with), (BlobCorrupt, UnusableWeights, WrongArchitecture), (weights(),)
    ),
    "model-file": Target(of_file("m.safetensors", read_weights), (NoWeights,), (weights(),)),
    "predictions": Target(of_bytes(read_predictions), _BLOB, (predictions(),)),
    "candidates": Target(of_bytes(read_candidates), (BlobCorrupt, ValueError), (candidates(),)),
    "smiles-to-simulate": Target(
        of_bytes(read_molecule),
        (BadSmiles, UnsupportedElement),
        (b"CCO", b"C[C@H](N)C(=O)O", b"[NH4+]", b"c1ccccc1"),
    ),
    "smiles-to-search": Target(
        of_bytes(featurize),
        (),
        (b"CCO\nc1ccccc1\n*", b"InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3\n[13CH4]", b"C1CC1.O"),
    ),
    "molecules-smi": Target(
        of_file("m.smi", read_rows_of), _MOLECULES, (b"smiles name\nCCO ethanol\n# no\nC\n",)
    ),
    "given-csv": Target(of_file("g.csv", read_given_of), (UnreadableMolecules,), (CSV,)),
    "given-smi": Target(
        of_file("g.smi", read_given_of), (UnreadableMolecules,), (b"CCO ethanol\n# no\nC\n",)
    ),
    "molecules-csv": Target(of_file("m.csv", read_rows_of), _MOLECULES, (CSV,)),
    "molecules-gz": Target(of_file("m.csv.gz", read_rows_of), _MOLECULES, (gzip.compress(CSV),)),
    "molecules-packed": Target(of_file("m.txt", read_rows_of), _MOLECULES, PACKED),
    "molecules-columns": Target(
        of_file("m.smi", lambda file: read_rows_of(file, "2")), _MOLECULES, (b"962 O\n887 CO\n",)
    ),
    "training-csv": Target(of_file("t.csv", read_training_set), (UnusableTrainingSet,), (CSV,)),
    "training-jsonl": Target(
        of_file("t.jsonl", read_training_set), (UnusableTrainingSet,), (JSONL,)
    ),
    "training-qcschema": Target(
        of_file("t.json", read_training_set), (UnusableTrainingSet,), (ARCHIVE,)
    ),
    "training-gz": Target(
        of_file("t.csv.gz", read_training_set), (UnusableTrainingSet,), (gzip.compress(CSV),)
    ),
    "record": Target(
        of_file("r.json.gz", read_record), (RecordUnreadable,), (gzip.compress(RECORD),)
    ),
    "features": Target(of_file("f.safetensors", read_features), (ValueError,), (features(),)),
    "space": Target(open_space, (DamagedSpace,), (b"",)),
    "campaign": Target(
        of_file("c.toml", lambda file: load_campaign(file, {})), (SettingsError,), (CAMPAIGN,)
    ),
    "sites": Target(of_file("s.json", read_sites_here), (SettingsError,), (SITES,)),
    "keys": Target(
        of_file("k.json", read_keys), (UnusableFile,), (KEYS.model_dump_json().encode(),)
    ),
}
