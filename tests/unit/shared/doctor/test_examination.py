"""Checks are looked at one by one, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from molsteer.shared.cli.doctor import doctor
from molsteer.shared.doctor import examination
from molsteer.shared.doctor.check import Check, Finding
from molsteer.shared.doctor.examination import examine, installed_checks
from molsteer.shared.errors import ServiceUnavailable, SettingsError

pytestmark = pytest.mark.fast


def look_well() -> Iterator[Finding]:
    os.write(1, b"noise of a library")
    yield Finding("ok", "It is there.")
    yield Finding("warning", "It is old.", "Renew it.")


def look_at_what_is_away() -> Iterator[Finding]:
    yield Finding("ok", "It has a name.")
    raise ServiceUnavailable("Redis", "host:1", "there is no connection", "Start the server.")


def look_with_a_defect() -> Iterator[Finding]:
    raise ValueError("unforeseen")


def look_and_crash() -> Iterator[Finding]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield Finding("ok", "Nobody hears this.")


def look_for_ever() -> Iterator[Finding]:
    time.sleep(3600)
    yield Finding("ok", "Nobody hears this.")


def test_findings_come_back_in_order_and_noise_does_not(capfd: pytest.CaptureFixture[str]) -> None:
    well, warned = examine(Check("thing", look_well))
    assert (well.result, warned.result, warned.cure) == ("ok", "warning", "Renew it.")
    assert capfd.readouterr() == ("", "")


def test_a_server_that_is_away_is_a_problem_with_its_cure_beside_what_was_found_before() -> None:
    before, problem = examine(Check("redis", look_at_what_is_away))
    assert before.result == "ok"
    assert problem == Finding(
        "problem", "Redis at host:1 cannot be used: there is no connection.", "Start the server."
    )


def test_a_defect_of_a_check_is_a_problem_that_names_it() -> None:
    (problem,) = examine(Check("thing", look_with_a_defect))
    assert (problem.result, "ValueError: unforeseen" in problem.sentence) == ("problem", True)


def test_a_library_that_crashes_is_a_problem_and_not_the_end() -> None:
    (problem,) = examine(Check("engine", look_and_crash))
    assert (problem.result, problem.sentence) == ("problem", "Looking ended with signal SIGKILL.")


def test_a_check_that_hangs_ends_after_its_own_limit() -> None:
    begun = time.monotonic()
    (problem,) = examine(Check("disk", look_for_ever, limit_s=0.2))
    assert time.monotonic() - begun < 60.0, "nobody ended it"
    assert (problem.result, problem.sentence) == ("problem", "There was no answer within 0.2 s.")


def test_a_problem_without_a_cure_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check("licence", lambda: [Finding("problem", "The licence has ended.")])
    monkeypatch.setattr(examination, "installed_checks", lambda _file: [check])
    done = CliRunner().invoke(doctor, ["--quiet"])
    assert (done.exit_code, done.stdout) == (1, "problem, licence: The licence has ended.\n")


def test_settings_that_several_packages_refuse_are_told_once(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text('[campaign]\nspace = "a.smi"\nbudget = 0\n[queue]\nlease_s = -1\n')
    with pytest.raises(SettingsError) as raised:
        installed_checks(file)
    assert len(raised.value.problems) == 2


def test_what_two_services_share_is_looked_at_once() -> None:
    names = [check.name for check in installed_checks(None)]
    assert len(names) == len(set(names))
    assert {"python", "torch", "engine-tblite", "run-directory"} <= set(names)
