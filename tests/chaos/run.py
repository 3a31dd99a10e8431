"""One campaign under attack, from its start to the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos.nemesis import Nemesis
from chaos.schedule import Inference, Kind, inference, schedule
from chaos.site import Site, built
from chaos.verdict import Verdict, judge
from chaos.witness import Witness, evidence
from support.command import molsteer
from support.synthetic_space import synthetic_space

LEASE_S = 3.0
MOLECULES = 50_000
CHUNK_SIZE = 12_500
LOOK_EVERY_S = 0.1
ENOUGH = 100
"""Tasks that must have been settled to be judged, also where a busy machine took its time."""
PATIENCE_S = 300.0
"""How long a campaign may take to begin, and to end once the faults are over."""


@dataclass(frozen=True, slots=True)
class Ordeal:
    """What was done to a campaign, and what became of it."""

    inference: Inference
    injected: dict[Kind, int]
    verdict: Verdict


def endure(folder: Path, seed: int, duration_s: float, tell: Callable[[str], None]) -> Ordeal:
    """Run a campaign for a while under the faults of a seed, let it end in peace, and judge it."""
    space = synthetic_space(folder / "space", MOLECULES, CHUNK_SIZE)
    settings = {
        "MOLSTEER_CAMPAIGN__SPACE": str(space.folder),
        "MOLSTEER_CAMPAIGN__BUDGET": str(MOLECULES),
        "MOLSTEER_POLICY__INFERENCE": inference(seed),
    }
    with built(folder, LEASE_S, settings) as site:
        witness = Witness(site.run_dir)
        _keep_running(site, witness, until=lambda: witness.settled)
        nemesis = Nemesis(site, schedule(seed, duration_s), tell)
        until_s = time.monotonic() + duration_s
        while time.monotonic() < until_s:
            nemesis.act()
            _tick(site, witness)
        nemesis.end()
        _keep_running(site, witness, until=lambda: witness.settled > ENOUGH)
        _end(site, witness)
        tell(f"ended: {witness.settled} tasks, {site.steering_starts} starts of steering")
        verdict = judge(evidence(site, witness, space, LEASE_S))
    return Ordeal(inference(seed), dict(nemesis.injected), verdict)


def _end(site: Site, witness: Witness) -> None:
    _tick(site, witness)
    molsteer("stop", site.run_dir)
    _keep_running(site, witness, lambda: site.steering and site.steering.poll() == 0)


def _keep_running(site: Site, witness: Witness, until: Callable[[], object]) -> None:
    """Wait for a condition; the judge will see if it never came true."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not until() and time.monotonic() < deadline_s:
        _tick(site, witness)


def _tick(site: Site, witness: Witness) -> None:
    site.keep_running()
    witness.look()
    site.await_end_of_steering(LOOK_EVERY_S)
