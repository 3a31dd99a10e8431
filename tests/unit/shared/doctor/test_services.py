"""What the services contribute: engines that compute, and a network on its device."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.ml import checks as network
from molsteer.simulator import checks as simulator
from molsteer.simulator.checks import look_at_engine
from molsteer.simulator.engines import installed
from molsteer.steering.doctor import look_at_space
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import NoFeatures
from molsteer.steering.space.features.adding_features import add_features

pytestmark = pytest.mark.fast


@pytest.fixture(autouse=True)
def threads_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore what simulations set for their whole process, which is usually their own."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")


def test_an_engine_computes_water() -> None:
    (finding,) = look_at_engine("tblite")
    assert (finding.result, "water has 18.148 eV" in finding.sentence) == ("ok", True)


def test_an_engine_that_gives_another_value_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "TRIAL_EV", 12.6)
    (finding,) = look_at_engine("tblite")
    assert (finding.result, "It should be 12.600 eV." in finding.sentence) == ("problem", True)


@pytest.mark.parametrize(("another", "result"), [(object(), "skipped"), (None, "problem")])
def test_a_missing_engine_matters_if_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch, another: object, result: str
) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda _package: None)
    monkeypatch.setattr(simulator, "find_spec", lambda _package: another)
    (finding,) = look_at_engine("xtb-python")
    assert finding.result == result
    assert finding.sentence == "It is not installed (Python package xtb)."


def test_the_network_computes_on_the_device_that_is_there() -> None:
    device, trial = network.look_at_torch()
    assert device.result in {"ok", "warning"}
    assert trial.result == "ok"


def test_a_gpu_that_torch_does_not_see_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(network, "_NVIDIA_DRIVER", tmp_path)
    finding = next(iter(network.look_at_torch()))
    assert (finding.result, "The GPU here is not used." in finding.sentence) == ("warning", True)


def test_a_file_without_molecules_is_a_problem_before_the_campaign_begins(tmp_path: Path) -> None:
    (tmp_path / "empty.smi").write_text("# nothing\n")
    (finding,) = look_at_space(tmp_path / "empty.smi")
    assert finding.result == "problem"


def test_a_space_without_the_features_that_a_surrogate_reads_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO\n")
    build([tmp_path / "a.smi"], tmp_path / "space", chunk_size=2)
    campaign = {"space": tmp_path / "space", "run_dir": tmp_path / "run"}
    tables = {"campaign": campaign, "train": {"surrogate": "gp"}}
    settings = CampaignSettings.model_validate(tables)
    with pytest.raises(NoFeatures, match="molsteer space features"):
        next(look_at_space(tmp_path / "space", settings))
    add_features(tmp_path / "space")
    (finding,) = look_at_space(tmp_path / "space", settings)
    assert (finding.result, "1 molecules, with features" in finding.sentence) == ("ok", True)
