"""Small tasks and outcomes."""

from __future__ import annotations

import time

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.messages import Outcome, Simulate, Simulated, Task
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import Level


def simulate_task(
    command: str = "echo",
    *,
    campaign: str = "campaign",
    number: int = 1,
    max_s: float = 600.0,
    max_starts: int = 3,
) -> Task:
    """Make a task; what the test handlers do is written where a molecule would be."""
    return Task(
        campaign=campaign,
        task_id=f"simulate/{number}/xtb/1",
        issued_at=time.time(),
        max_s=max_s,
        max_starts=max_starts,
        body=Simulate(smiles=command, level=Level(), wanted={ADIABATIC_IP: "eV"}),
    )


def outcome_of(task: Task, value_eV: float = 10.0) -> Outcome:
    """Make the outcome of a task that went well."""
    return Outcome(
        campaign=task.campaign,
        task_id=task.task_id,
        attempt=task.attempt,
        start=1,
        worker="host:1",
        started_at=1.0,
        ended_at=2.0,
        reported_at=2.0,
        result=Simulated(
            smiles="CCO",
            values={ADIABATIC_IP: Quantity(value=value_eV, unit="eV")},
            steps={"neutral": 1, "cation": 2},
            engine="none",
            records=Inline(codec="raw", data=b""),
        ),
    )
