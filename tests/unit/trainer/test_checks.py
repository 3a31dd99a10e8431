import pytest

from molsteer.trainer import checks

pytestmark = pytest.mark.fast


def test_an_ensemble_that_is_trained_here_learns() -> None:
    (finding,) = checks.look_at_training()
    assert finding.result == "ok", finding.sentence


def test_an_ensemble_that_does_not_learn_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.optim.Adam.step", lambda _self: None)
    (finding,) = checks.look_at_training()
    assert (finding.result, bool(finding.cure)) == ("problem", True)
