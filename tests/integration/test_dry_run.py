"""`--dry-run` says what a campaign would do, or all that is in its way, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import molsteer
from support.redis_server import tcp_server

from molsteer.shared.bus.connection import connect

MOLECULES = "C\nN\nO\nCC\nCO\nCN\nCO\nhello\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.smi").write_text(MOLECULES, encoding="utf-8")
    (tmp_path / "salts.smi").write_text("[Na+].[Cl-]\nhello\n", encoding="utf-8")
    (tmp_path / "known.csv").write_text("smiles,adiabatic_eV\nCCO,10.5\nCCN,9.1\n")
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.fast
def test_the_plan_is_told_in_words_and_nothing_is_written(folder: Path) -> None:
    before = contents(folder)
    done = molsteer("run", "--space", "good.smi", "--dry-run", "--simulate-slots", "2")
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "8 rows of good.smi, from which a search space is built; of the first 8 rows, 6 can be",
        "Left out: 1 not a SMILES, 1 duplicate.",
        "Results: in runs/campaign, which is made.",
        "Wanted: adiabatic_ionization_potential at the level xtb, as high as can be.",
        "Simulations: 100 molecules at the level xtb, 2 at a time",
        "The first 32 molecules are drawn at random; then models are trained",
        "Workers: 2 of simulate, 1 of train, 1 of infer are started on this machine.",
        "is started for this run alone",
        "Stores: simulate redis, train redis, infer file; file is runs/campaign/objects.",
    ):
        assert part in done.stdout
    assert contents(folder) == before


@pytest.mark.fast
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--training-set", "known.csv", "--policy-first-training-after", "2", "--budget", "6"),
            "The first models are trained from the 2 labels given, before anything is simulated.",
        ),
        (("--budget", "6"), "Warning: All 6 molecules will be drawn at random"),
    ],
)
def test_it_is_told_when_models_begin(folder: Path, options: tuple[str, ...], told: str) -> None:
    done = molsteer("run", "--space", "good.smi", "--dry-run", *options)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


@pytest.mark.fast
def test_levels_objectives_and_how_many_climb_are_told(folder: Path) -> None:
    (folder / "two.toml").write_text(
        '[campaign]\nspace = "good.smi"\nbudget = 50\n'
        '[[level]]\nname = "dry"\n'
        '[[level]]\nname = "wet"\nsolvent = "water"\nshare = 0.25\n'
        '[[objective]]\nproperty = "homo_lumo_gap"\ngoal = "reach"\ntarget = 3\nhit_within = 0.5\n'
        '[[objective]]\nproperty = "solvation_energy"\ngoal = "minimise"\n'
    )
    done = molsteer("run", "two.toml", "--dry-run")
    assert done.returncode == 0, done.stderr
    for part in (
        "Wanted: homo_lumo_gap at the level wet, near 3 eV; a hit is within 0.5 eV of 3 eV.",
        "Wanted: solvation_energy at the level wet, as low as can be.",
        "Simulations: 50 molecules at the level dry, ",
        "Simulations: the best 13 molecules of these, 25 %, at the level wet as well.",
    ):
        assert part in done.stdout


@pytest.mark.fast
def test_labels_are_read_from_the_column_that_was_chosen(folder: Path) -> None:
    (folder / "gaps.csv").write_text("smiles,E\nCCO,10.5\nCCN,9.1\n")
    labels = ("--training-set", "gaps.csv", "--property", "homo_lumo_gap")
    done = molsteer("run", "--space", "good.smi", "--dry-run", *labels)
    assert done.returncode == 2
    assert "no column of labels, 'homo_lumo_gap' or 'homo_lumo_gap_eV'" in done.stderr
    column = ("--training-label-column", "E")
    done = molsteer("run", "--space", "good.smi", "--dry-run", *labels, *column)
    assert done.returncode == 0, done.stderr
    assert "Labels: 2 of gaps.csv" in done.stdout


@pytest.mark.fast
def test_everything_in_the_way_is_told_at_once(folder: Path) -> None:
    before = contents(folder)
    files = ("--space", "salts.smi", "--training-set", "absent.csv", "--train-models", "absent")
    names = ("--simulate-level", "xtbb", "--run-dir", "good.smi/run", "--name", "broken")
    server = ("--queue-redis-url", "redis://127.0.0.1:1/0", "--queue-keys-file", "absent.json")
    done = molsteer("run", "--dry-run", *files, *names, *server)
    assert (done.returncode, done.stdout) == (2, "")
    for part in (
        "There is no usable molecule in salts.smi. Left out: 1 ",
        "The training set absent.csv cannot be used",
        "absent: It cannot be read: No such file or directory",
        "Did you mean xtb?",
        "good.smi is not a folder",
        "absent.json",
    ):
        assert part in done.stderr
    assert contents(folder) == before


@pytest.mark.fast
def test_features_that_a_surrogate_reads_are_told_or_missed(folder: Path) -> None:
    surrogate = ("--train-surrogate", "gp", "--dry-run")
    done = molsteer("run", "--space", "good.smi", *surrogate)
    assert done.returncode == 0, done.stderr
    assert "Features: computed before anything starts, for gp." in done.stdout
    assert molsteer("space", "build", "good.smi", "-o", "built").returncode == 0
    before = contents(folder)
    done = molsteer("run", "--space", "built", *surrogate)
    assert (done.returncode, done.stdout) == (2, "")
    assert "built has no features" in done.stderr
    assert "molsteer space features built" in done.stderr
    assert contents(folder) == before
    assert molsteer("space", "features", "built").returncode == 0
    done = molsteer("run", "--space", "built", *surrogate)
    assert done.returncode == 0, done.stderr
    assert "Features" not in done.stdout


def test_a_server_is_asked_and_left_as_it_is(folder: Path) -> None:
    (folder / "redis").mkdir()
    with tcp_server(folder / "redis") as server, connect(server.queue.server_url) as client:
        options = ("--space", "good.smi", "--dry-run", "--simulate-pool", "far")
        done = molsteer("run", *options, MOLSTEER_QUEUE__REDIS_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert f"Server: Redis at 127.0.0.1:{server.port}/0, which answers." in done.stdout
        start = "Start one: molsteer worker simulate --pool far"
        assert f"Workers: 0 workers in the pool 'far' of simulate now. {start}" in done.stdout
        assert "Workers: 1 of train, 1 of infer are started on this machine." in done.stdout
        assert client.dbsize() == 0


def test_a_campaign_that_began_is_recognised_and_not_touched(folder: Path) -> None:
    command = ("run", "--space", "good.smi", "--budget", "2", "--run-dir", "run")
    assert molsteer(*command).returncode == 0
    before = contents(folder)
    again = molsteer(*command, "--dry-run")
    assert again.returncode == 0, again.stderr
    assert "Molecules: 6 of good.smi, from the search space run/space/" in again.stdout
    assert "a campaign which has ended (budget-reached): 2 of 2 simulated." in again.stdout
    further = molsteer("continue", "run", "--budget", "4", "--dry-run")
    assert "Simulations: 4 molecules" in further.stdout
    assert "drawn at random" not in further.stdout
    for other in (("--seed", "3"), ("--space", "salts.smi")):
        refused = molsteer(*command, *other, "--dry-run")
        assert refused.returncode == 2
        assert "This campaign would not run" in refused.stderr
    assert contents(folder) == before
