from __future__ import annotations

from pathlib import Path

from chaos.run import endure


def test_a_campaign_survives_everything_at_once(tmp_path: Path) -> None:
    ordeal = endure(tmp_path, seed=0, duration_s=20.0, tell=print)
    verdict = ordeal.verdict
    assert (verdict.missing, verdict.doubled, verdict.broken) == ((), (), ())
    assert len(ordeal.injected) >= 8
    assert verdict.tasks > 100
