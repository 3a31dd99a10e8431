"""The options of molecular-design's `run.py`, each with what it means for a campaign here.

Steering itself knows settings only; this table is for the command line and the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from molsteer.steering.settings.levels import VACUUM
from molsteer.steering.start.molecule_data import RECIPES


@dataclass(frozen=True, slots=True)
class Same:
    """Its value is the value of these settings, written `section.key`."""

    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """It takes no value, and gives these settings theirs."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """Each of these values gives settings theirs; any other is refused."""

    values: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Server:
    """It is a part of `queue.redis_url`, and the server is one that runs already."""


@dataclass(frozen=True, slots=True)
class NoEffect:
    """It is accepted and changes nothing, which is reported."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not supported; the message says what to do instead."""


Meaning = Same | Switch | Known | Server | NoEffect | Refused


@dataclass(frozen=True, slots=True)
class SeedFlag:
    """An option of molecular-design.

    Attributes:
        name: As on their command line, without the dashes.
        default: What it was there when nobody gave it.
        remark: What its users have to know; the reason where it has no effect or is refused.
        takes_value: Whether a value follows it.
        several: Whether several values may follow it.
    """

    name: str
    meaning: Meaning
    default: str
    remark: str = ""
    takes_value: bool = True
    several: bool = False


_LEDGER = (
    "Molecules and results are kept in the campaign's ledger; give labels known before with "
    "--training-set."
)
_TARGETS = {
    name: {
        "campaign.property": recipe.property,
        "simulate.level": recipe.method,
        "simulate.solvent": recipe.solvent or VACUUM,
    }
    for name, recipe in RECIPES.items()
}
_GLOBUS = "The file of molecular-design's `GlobusEndpoints`; one for all topics."
_STORE = "redis, file, globus, endpoint or none."

SEED_FLAGS: tuple[SeedFlag, ...] = (
    SeedFlag(
        "redishost",
        Server(),
        "127.0.0.1",
        "User, password and database are taken from MOLSTEER_QUEUE__REDIS_URL.",
    ),
    SeedFlag("redisport", Server(), "6379"),
    SeedFlag("mongohost", NoEffect(), "localhost", _LEDGER),
    SeedFlag("mongoport", NoEffect(), "27845", _LEDGER),
    SeedFlag(
        "ml-endpoint",
        Same(("train.pool", "infer.pool")),
        "required",
        "Names workers: `molsteer worker train --pool NAME`, and the same for infer.",
    ),
    SeedFlag(
        "qc-endpoint",
        Same(("simulate.pool",)),
        "required",
        "Names workers: `molsteer worker simulate --pool NAME`.",
    ),
    SeedFlag(
        "nodes-per-task",
        Same(("simulate.nodes",)),
        "1",
        "For NWChem, which takes `simulate.cores` of each node. A simulation with xTB takes one "
        "core, so more than 1 is refused.",
    ),
    SeedFlag(
        "num-qc-workers",
        Same(("simulate.slots",)),
        "required",
        "Tasks that wait beyond the running ones are `policy.buffer`.",
    ),
    SeedFlag(
        "molecules-per-ml-task",
        Same(("infer.chunk_size",)),
        "10000",
        "A space made by `molsteer space build` keeps the chunks it was built with.",
    ),
    SeedFlag(
        "qc-specification",
        Same(("simulate.level",)),
        "xtb",
        "xtb, or small_basis, which is B3LYP/3-21G by NWChem as there; normal_basis and "
        "diffuse_basis of the successors are known as well.",
    ),
    SeedFlag(
        "target-recipe",
        Known(_TARGETS),
        "xtb-vacuum",
        "In a solvent, geometries are relaxed in it here, and in vacuum there. Recipes of NWChem "
        "in a solvent, with vibrations or of several steps are levels of the campaign's file.",
    ),
    SeedFlag(
        "simulation-spec",
        Refused(),
        "required",
        "Write each step of its ladder as a `[[level]]` of the campaign's file, the cheapest one "
        "first, and what is looked for as an `[[objective]]`.",
    ),
    SeedFlag(
        "mpnn-model-path",
        Same(("train.models",)),
        "required",
        "One file for all members. There, only the shape of its network mattered, which "
        "--train-width and --train-layers give here.",
        several=True,
    ),
    SeedFlag(
        "mpnn-model-files",
        Same(("train.models",)),
        "required",
        "They rank the space before anything is trained. Files of our own, with one member or "
        "several; for Keras models, give the labels they were trained on with --training-set.",
        several=True,
    ),
    SeedFlag(
        "model-count",
        Same(("train.members",)),
        "8",
        "If not given, as many as the model files hold; 8 without any, or if they hold one.",
    ),
    SeedFlag(
        "training-set",
        Same(("campaign.training_set",)),
        "required",
        "Need not be given: then the molecules of `policy.starter` are simulated first.",
    ),
    SeedFlag(
        "search-space",
        Same(("campaign.space",)),
        "required",
        "CSV files with InChI or SMILES, .smi files, or a folder made by `molsteer space build`.",
        several=True,
    ),
    SeedFlag(
        "search-space-name",
        NoEffect(),
        "required",
        "Molecules are known by the digest of their space; name the campaign with --name.",
    ),
    SeedFlag("search-size", Same(("campaign.budget",)), "500 or 1000"),
    SeedFlag(
        "retrain-frequency",
        Same(("policy.retrain_after",)),
        "1 or 8",
        "No trigger is lost while models are updated. The first training has a trigger of its "
        "own, `policy.first_training_after`.",
    ),
    SeedFlag("beta", Same(("policy.beta",)), "1"),
    SeedFlag(
        "pause-during-update",
        Switch({"policy.during_update": "pause"}),
        "off",
        takes_value=False,
    ),
    SeedFlag(
        "retrain-from-scratch",
        Switch({"policy.start_from": "scratch"}),
        "off",
        takes_value=False,
    ),
    SeedFlag("learning-rate", Same(("train.learning_rate",)), "0.001"),
    SeedFlag(
        "num-epochs", Same(("train.epochs",)), "512", "At most so many; see `train.patience`."
    ),
    SeedFlag(
        "no-proxystore",
        Switch({"stores.simulate": "none", "stores.train": "none", "stores.infer": "none"}),
        "off",
        "All data then travels inside the messages.",
        takes_value=False,
    ),
    SeedFlag("simulate-ps-backend", Same(("stores.simulate",)), "none", _STORE),
    SeedFlag("infer-ps-backend", Same(("stores.infer",)), "none", _STORE),
    SeedFlag("train-ps-backend", Same(("stores.train",)), "none", _STORE),
    SeedFlag("ml-ps-backend", Same(("stores.train", "stores.infer")), "none", _STORE),
    SeedFlag(
        "ps-threshold",
        Same(("stores.threshold_bytes",)),
        "10000, 500000 or 5000",
        "Bytes as they are stored; molecular-design counted two hexadecimal digits for each.",
    ),
    SeedFlag(
        "ps-file-dir",
        Same(("stores.directory",)),
        "none",
        "Relative to where the command runs, and may exist.",
    ),
    SeedFlag("ps-globus-config", Same(("stores.globus_config",)), "none", _GLOBUS),
    SeedFlag("simulate-ps-globus-config", Same(("stores.globus_config",)), "none", _GLOBUS),
    SeedFlag("ml-ps-globus-config", Same(("stores.globus_config",)), "none", _GLOBUS),
    SeedFlag(
        "use-parsl",
        NoEffect(),
        "off",
        "Workers are `molsteer worker` processes; start them where Parsl started its own.",
        takes_value=False,
    ),
)
