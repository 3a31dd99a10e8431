from __future__ import annotations

from pathlib import Path

import pytest
from chaos.run import ENOUGH, endure


@pytest.mark.parametrize("seed", [0, 1], ids=["ensemble", "model"])
def test_a_campaign_survives_everything_at_once(tmp_path: Path, seed: int) -> None:
    ordeal = endure(tmp_path, seed, duration_s=20.0, tell=print)
    verdict = ordeal.verdict
    assert (verdict.missing, verdict.doubled, verdict.broken) == ((), (), ())
    assert len(ordeal.injected) >= 8
    assert verdict.tasks > ENOUGH
