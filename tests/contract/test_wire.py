"""Old bytes stay readable, foreign bytes are refused, and nothing that arrives runs code."""

from __future__ import annotations

import hashlib
import hmac
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from molsteer.shared.blobs.codecs import decode_arrays, decode_tree
from molsteer.shared.errors import BlobCorrupt, ProtocolMismatch, UntrustedMessage, WireError
from molsteer.shared.wire.blob import Inline, ObjRef, Placement
from molsteer.shared.wire.codec import decode_outcome, decode_task, encode
from molsteer.shared.wire.key_ring import Key, KeyRing, new_key_ring
from molsteer.shared.wire.learning import (
    Infer,
    Inferred,
    Predict,
    Predicted,
    Train,
    Trained,
    TrainedMember,
)
from molsteer.shared.wire.messages import (
    ErrorRecord,
    Failed,
    Outcome,
    Result,
    Simulate,
    Simulated,
    Start,
    Task,
    TaskBody,
)
from molsteer.shared.wire.properties import Aim, Objective, Output, Quantity
from molsteer.shared.wire.specs import Acquisition, Level, SimulationSpec, TrainingPlan
from molsteer.shared.wire.topics import TOPICS

pytestmark = pytest.mark.fast

GOLDEN = Path(__file__).parent / "golden"
KEYS = KeyRing(keys=(Key(id="golden", topic="simulate", secret="5a" * 32, signs=True),))
REF = ObjRef(store="file", key="ab/abc", codec="safetensors", sha256="ab" * 32, size_bytes=123456)
INLINE = Inline(codec="msgpack", data=b"\x81\xa1a\xff\x00")
LEVEL = Level(
    name="screening",
    spec=SimulationSpec(method="xtb", solvent="water", engine="auto", accuracy=0.05, max_steps=300),
)
OUTPUTS = (
    Output(name="adiabatic_ionization_potential", level="screening", unit="eV"),
    Output(name="heavy_atoms", level="best"),
)
AIMS = (
    Aim(objective=Objective(output=OUTPUTS[0], goal="maximise", hit=14.0), scale=0.5),
    Aim(objective=Objective(output=OUTPUTS[1], goal="reach", target=4.0, hit=1.0), scale=2.0),
)
PLAN = TrainingPlan(
    width=64,
    layers=4,
    epochs=100,
    batch_size=32,
    learning_rate=0.001,
    patience=20,
    deadline_s=2700.0,
)


def task(task_id: str, body: TaskBody) -> Task:
    return Task(
        campaign="qm9",
        task_id=task_id,
        attempt=2,
        issued_at=1790000000.25,
        max_s=600.0,
        max_starts=4,
        reply=Placement(store="redis", threshold_bytes=5000),
        body=body,
    )


def outcome(task_id: str, result: Result) -> Outcome:
    return Outcome(
        campaign="qm9",
        task_id=task_id,
        attempt=2,
        start=3,
        worker="node-7:4321",
        started_at=1790000001.5,
        ended_at=1790000009.75,
        reported_at=1790000009.875,
        cpu_s=7.5,
        result=result,
    )


MESSAGES: dict[str, Task | Outcome] = {
    "simulate": task(
        "simulate/7/screening/2",
        Simulate(
            smiles="C[C@H](N)O",
            level=LEVEL,
            wanted={"adiabatic_ionization_potential": "eV", "heavy_atoms": ""},
        ),
    ),
    "simulate-on": task(
        "simulate/7/dft/2",
        Simulate(
            smiles="[H][H]",
            level=Level(
                name="dft",
                spec=SimulationSpec(
                    method="qcengine",
                    program="nwchem",
                    model="b3lyp",
                    basis="6-31g*",
                    keywords={
                        "dft__grid": "xfine",
                        "dft__iterations": 100,
                        "basis__spherical": True,
                    },
                    cores=4,
                    nodes=2,
                    memory_GiB=2.5,
                ),
                starts_from="screening",
            ),
            wanted={"adiabatic_ionization_potential": "eV"},
            start=Start(
                level="screening",
                symbols=("H", "H"),
                geometries={"neutral": (0.0, 0.0, 0.0, 0.0, 0.0, 1.5)},
            ),
        ),
    ),
    "train": task(
        "train/3/1/2",
        Train(
            generation=3,
            members=(0, 1),
            seed=17,
            plan=PLAN,
            outputs=OUTPUTS,
            training_set=REF,
            warm_start=(REF, INLINE),
        ),
    ),
    "infer": task(
        "infer/3/14/2",
        Infer(
            generation=3,
            chunk=14,
            outputs=OUTPUTS,
            aims=AIMS,
            graphs=REF,
            weights=(REF,),
            acquisition=Acquisition(kind="ucb", beta=0.5),
            keep=100,
            batch_size=512,
        ),
    ),
    "infer-to-improve": task(
        "infer/3/14/2",
        Infer(
            generation=3,
            chunk=14,
            outputs=OUTPUTS,
            aims=AIMS,
            graphs=REF,
            weights=(REF,),
            acquisition=Acquisition(kind="pareto", beta=0.5),
            front=((12.5, -0.25),),
            seed=17,
            first=140_000,
            keep=100,
            also=(7, 123),
            batch_size=512,
        ),
    ),
    "infer-the-rest": task(
        "infer/3/14/2",
        Infer(
            generation=3,
            chunk=14,
            outputs=OUTPUTS,
            aims=AIMS[:1],
            graphs=REF,
            weights=(REF, REF),
            predicted=(None, INLINE),
            acquisition=Acquisition(kind="greedy", beta=0.0),
            keep=100,
            batch_size=512,
        ),
    ),
    "predict": task(
        "infer/3/14/1/2",
        Predict(
            generation=3, chunk=14, outputs=OUTPUTS, graphs=REF, weights=INLINE, batch_size=512
        ),
    ),
    "simulated": outcome(
        "simulate/7/screening/2",
        Simulated(
            smiles="C[C@H](N)O",
            values={
                "adiabatic_ionization_potential": Quantity(value=9.125, unit="eV"),
                "heavy_atoms": Quantity(value=4.0),
            },
            steps={"neutral": 12, "cation": 30},
            engine="tblite 0.5.0",
            charge=0,
            multiplicities={"neutral": 1, "cation": 2},
            records=REF,
        ),
    ),
    "trained": outcome(
        "train/3/1/2",
        Trained(
            generation=3,
            members=(
                TrainedMember(
                    member=0, epochs=80, validation_mae=(0.25, None), stopped="converged"
                ),
            ),
            validation_mae=(0.2, None),
            device="cpu",
            weights=REF,
        ),
    ),
    "inferred": outcome(
        "infer/3/14/2",
        Inferred(
            generation=3,
            chunk=14,
            scored=16384,
            candidates=INLINE,
            mean=(9.5, 4.0),
            spread=(0.25, 1.0),
            device="cpu",
        ),
    ),
    "predicted": outcome(
        "infer/3/14/1/2", Predicted(generation=3, chunk=14, predictions=REF, device="cpu")
    ),
    "failed": outcome(
        "simulate/7/screening/2",
        Failed(
            status="error",
            error=ErrorRecord(
                code="unconverged",
                message="The relaxation did not converge.",
                retryable=True,
                facts={"steps": 300, "gradient": 0.5, "smiles": "C", "tight": False, "none": None},
            ),
        ),
    ),
}


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self._target,)


@pytest.mark.parametrize("name", MESSAGES)
def test_old_bytes_still_say_the_same(name: str) -> None:
    message = MESSAGES[name]
    decode = decode_task if isinstance(message, Task) else decode_outcome
    assert decode((GOLDEN / f"{name}.json").read_bytes()) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_survives_the_wire(name: str) -> None:
    message = MESSAGES[name]
    decode = decode_task if isinstance(message, Task) else decode_outcome
    assert decode(encode(message)) == message


def test_merits_of_other_aims_than_those_of_the_task_are_refused() -> None:
    body = MESSAGES["infer-to-improve"].model_dump()["body"] | {"front": ((12.5,),)}
    with pytest.raises(ValidationError, match="as many merits as there are aims"):
        Infer.model_validate(body)


@pytest.mark.parametrize("name", ["simulate", "simulated"])
def test_old_signatures_are_still_right(name: str) -> None:
    message, data = MESSAGES[name], (GOLDEN / f"{name}.signed").read_bytes()
    decode = decode_task if isinstance(message, Task) else decode_outcome
    assert decode(data, KEYS) == message
    assert data == KEYS.sign(
        "task" if isinstance(message, Task) else "outcome",
        "simulate",
        (GOLDEN / f"{name}.json").read_bytes(),
    )


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_signed_with_the_key_of_its_own_topic(name: str) -> None:
    message, ring = MESSAGES[name], new_key_ring(TOPICS)
    topic = message.task_id.partition("/")[0]
    (own,) = (each for each in TOPICS if each == topic)
    decode = decode_task if isinstance(message, Task) else decode_outcome
    data = encode(message, ring)
    assert data.split(b" ")[1].decode().startswith(f"{topic}-")
    assert decode(data, ring) == decode(data, ring.only(own)) == message
    for other in {*TOPICS} - {own}:
        with pytest.raises(UntrustedMessage):
            encode(message, ring.only(other))


def test_what_is_signed_is_purpose_topic_key_and_exact_bytes() -> None:
    header, body = (GOLDEN / "simulate.signed").read_bytes().split(b"\n", 1)
    algorithm, key_id, signature = header.split(b" ")
    assert (algorithm, key_id) == (b"HS256", b"golden")
    signed = b"molsteer task simulate golden\n" + body
    assert hmac.new(b"\x5a" * 32, signed, hashlib.sha256).hexdigest().encode() == signature


@pytest.mark.parametrize("name", MESSAGES)
def test_another_protocol_is_told_as_such(name: str) -> None:
    decode = decode_task if isinstance(MESSAGES[name], Task) else decode_outcome
    data = (GOLDEN / f"{name}.json").read_bytes()
    future = data.replace(b'"protocol":3', b'"protocol":4')
    with pytest.raises(ProtocolMismatch, match="speaks protocol 4, this process speaks 3"):
        decode(future)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b'"task"', b"\xff\xfe", b"{" * 10_000]
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    for decode in (decode_task, decode_outcome):
        with pytest.raises(WireError):
            decode(data)


def test_an_unknown_field_is_refused() -> None:
    data = (GOLDEN / "simulate.json").read_bytes().replace(b'"attempt":2', b'"attempt":2,"extra":1')
    with pytest.raises(WireError, match="extra"):
        decode_task(data)


ABSURD = {
    "starts beyond every integer of SQLite": (
        "simulated",
        '"start":3',
        '"start":9223372036854775808',
    ),
    "steps beyond every integer": (
        "simulated",
        '"neutral":12',
        '"neutral":1180591620717411303424',
    ),
    "data larger than any memory": (
        "simulated",
        '"size_bytes":123456',
        '"size_bytes":1180591620717411303424',
    ),
    "data without size": ("simulated", '"size_bytes":123456', '"size_bytes":-1'),
    "an unknown store": ("simulated", '"store":"file"', '"store":"moon"'),
    "a time beyond the calendar": ("simulated", '"ended_at":1790000009.75', '"ended_at":1e300'),
    "a value that no surrogate can learn": ("simulated", '"value":9.125', '"value":1e39'),
    "a value that is no number": ("simulated", '"value":9.125', '"value":null'),
    "a unit as long as a sentence": ("simulated", '"unit":"eV"', f'"unit":"{"x" * 31}"'),
    "no value at all": (
        "simulated",
        '"values":{"adiabatic_ionization_potential":{"value":9.125,"unit":"eV"},'
        '"heavy_atoms":{"value":4.0,"unit":""}}',
        '"values":{}',
    ),
    "a property that is a path": ("simulated", '"heavy_atoms"', '"../heavy_atoms"'),
    "a task of a level that is a path": ("simulated", "simulate/7/screening/2", "simulate/7/../2"),
    "a name as long as a book": ("simulated", '"worker":"node-7', f'"worker":"{"x" * 2_000}'),
    "a generation beyond every integer": (
        "inferred",
        '"generation":3',
        '"generation":9223372036854775808',
    ),
    "an error beyond every number": (
        "trained",
        '"validation_mae":[0.2,null],"device"',
        '"validation_mae":[1e300,null],"device"',
    ),
}


@pytest.mark.parametrize("name", ABSURD)
def test_an_outcome_that_nobody_could_record_is_no_outcome(name: str) -> None:
    message, said, absurd = ABSURD[name]
    text = (GOLDEN / f"{message}.json").read_text()
    assert said in text
    with pytest.raises(WireError, match="are no Outcome"):
        decode_outcome(text.replace(said, absurd).encode())


def test_no_decoder_runs_a_pickle(tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    bomb = pickle.dumps(Bomb(target))
    pickle.loads(bomb)
    assert target.exists()
    target.unlink()
    for data in (bomb, len(bomb).to_bytes(8, "little") + bomb):
        for decode in (decode_task, decode_outcome):
            with pytest.raises(WireError):
                decode(data)
        for read in (decode_arrays, decode_tree):
            with pytest.raises(BlobCorrupt):
                read(data, "a test")
    assert not target.exists()
