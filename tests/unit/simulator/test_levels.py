from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.blobs.reference import Placement
from molsteer.shared.messages import Simulate
from molsteer.shared.plugins import PluginMissing
from molsteer.shared.specs import SimulationSpec
from molsteer.shared.worker.failures import describe
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.app import build

pytestmark = pytest.mark.fast


def test_a_level_that_is_not_installed_is_a_failure_that_another_worker_may_mend(
    tmp_path: Path,
) -> None:
    context = TaskContext(MemoryBlobs(), Placement(), scratch=tmp_path, remaining_s=60.0)
    with pytest.raises(PluginMissing, match=r"'dft' is not installed here \(installed: xtb\)") as e:
        build()(Simulate(smiles="C", spec=SimulationSpec(level="dft")), context)
    failure = describe(e.value)
    assert (failure.code, failure.retryable) == ("plugin-missing", True)
    assert failure.facts == {"kind": "level of theory", "name": "dft"}
