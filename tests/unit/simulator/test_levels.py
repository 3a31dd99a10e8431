from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from geometric import step

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.plugins import PluginMissing
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.messages import Simulate
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.shared.worker.failures import describe
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.app import build, xtb

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


def test_what_libraries_leave_behind_is_left_in_the_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, here = tmp_path / "scratch", tmp_path / "here"
    scratch.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    invert, calls = step.invert_svd, count()

    def fail_once(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if next(calls) == 0:
            raise np.linalg.LinAlgError
        return np.asarray(invert(matrix))

    monkeypatch.setattr(step, "invert_svd", fail_once)
    xtb()("CO", SimulationSpec(), scratch, 60.0)
    assert list(here.iterdir()) == []
    assert [path.name for path in scratch.iterdir()] == ["HT.v_0.00000.txt"]
