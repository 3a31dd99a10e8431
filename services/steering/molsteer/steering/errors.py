"""Failures of steering that the user can mend; leaves of `molsteer.shared.errors.UserError`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molsteer.shared.errors import UserError
from molsteer.shared.foreign_text import one_line, shell_word

LEDGER_FILE = "ledger.sqlite"
"""What makes a folder the run directory of a campaign."""


class RunDirectoryInUse(UserError):
    """Another process steers the campaign of this run directory."""

    def __init__(self, folder: Path, holder: str) -> None:
        quoted = shell_word(folder)
        super().__init__(
            f"The run directory {folder} is in use by process {holder}. Wait for it to end, or "
            f"choose another folder with --run-dir. See how far it is, or change it while it runs, "
            f"with `molsteer status {quoted}` and `molsteer set {quoted} NAME=VALUE`."
        )
        self.folder, self.holder = folder, holder


class OtherCampaign(UserError):
    """The run directory holds a campaign that these settings do not describe."""

    def __init__(self, folder: Path, differences: Sequence[str]) -> None:
        listed = "".join(f"\n  - {difference}" for difference in differences)
        super().__init__(
            f"The run directory {folder} holds another campaign:{listed}\n"
            f"Choose another folder with --run-dir, or restore the settings and change what can "
            f"be changed with `molsteer set {shell_word(folder)} NAME=VALUE`. To go on with it as "
            f"it is: molsteer continue {shell_word(folder)}"
        )
        self.folder, self.differences = folder, tuple(differences)


class UnusableRunDirectory(UserError):
    """A run directory that cannot be made, read or written."""

    def __init__(
        self, folder: Path, reason: str, cure: str = "Check its permissions and free space"
    ) -> None:
        super().__init__(
            f"The run directory {folder} cannot be used: {reason}. {cure}, or choose another "
            f"folder with --run-dir."
        )
        self.folder, self.reason, self.cure = folder, reason, cure


class SteeredElsewhere(UserError):
    """Another run directory with the same campaign is at work on the same server."""

    def __init__(self, campaign: str, folder: Path, holder: str) -> None:
        super().__init__(
            f"The campaign {campaign} is steered already, from {holder}: {folder} and the folder "
            f"there are copies of each other. Let one of them end, and go on with that one; or "
            f"begin a campaign of its own in another folder."
        )
        self.campaign, self.folder, self.holder = campaign, folder, holder


class NoCampaign(UserError):
    """A folder that holds no campaign."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no campaign in {folder}: it has no {LEDGER_FILE}. Give the run directory "
            f"that `molsteer run` printed."
        )
        self.folder = folder


class RequestRefused(UserError):
    """The steering process cannot do what it was asked."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The campaign in {folder} did not do it. {reason}")
        self.folder, self.reason = folder, reason


class NotDead(UserError):
    """A task that was not given up for killing its workers, or was tried anew since."""

    def __init__(self, folder: Path, task_id: str) -> None:
        super().__init__(
            f"The campaign in {folder} has no dead task {task_id!r}. See which it has with "
            f"`molsteer dead list {shell_word(folder)}`."
        )
        self.folder, self.task_id = folder, task_id


class UnknownLedger(UserError):
    """A ledger written by a version of the program that this one cannot read."""

    def __init__(self, folder: Path, found: int, supported: int) -> None:
        super().__init__(
            f"The ledger in {folder} has version {found}, this molsteer reads version "
            f"{supported}. Use the molsteer version that wrote it."
        )
        self.folder, self.found, self.supported = folder, found, supported


class UnusableTrainingSet(UserError):
    """A training set that cannot be read, or that contradicts itself; names every problem."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The training set {path} cannot be used:{listed}")
        self.path, self.problems = path, tuple(problems)


class UnusableTable(UserError):
    """A table that a level should answer from, and cannot; names every problem."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The table {path} cannot be replayed:{listed}")
        self.path, self.problems = path, tuple(problems)


class UnusableModels(UserError):
    """Files of weights that are not what they should be; names every problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The models cannot be used:{listed}")
        self.problems = tuple(problems)


class NoModels(UserError):
    """A campaign whose models have not ranked anything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The campaign in {folder} has no models that ranked the space yet. Ask again after "
            f"its first update."
        )
        self.folder = folder


class NothingMeasured(UserError):
    """A campaign of which no task has ended."""

    def __init__(self) -> None:
        super().__init__(
            "No task of this campaign has ended yet, so there is nothing to measure. Ask again "
            "after its first simulations."
        )


class RecordUnreadable(UserError):
    """A record of a simulation that is not as it was written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The record {path} cannot be read: {reason}. Restore it from a copy; the tables can "
            f"be exported without it."
        )
        self.path, self.reason = path, reason


class ParquetUnavailable(UserError):
    """The library that writes Parquet is missing."""

    def __init__(self) -> None:
        super().__init__(
            "Parquet needs the Python package pyarrow, which is not installed here. Install it "
            "with: pip install pyarrow"
        )


class PandasUnavailable(UserError):
    """The library that holds tables in memory is missing."""

    def __init__(self) -> None:
        super().__init__(
            "Tables in Python need the package pandas, which is not installed here. Install it "
            "with: pip install pandas"
        )


class OpenTelemetryUnavailable(UserError):
    """The library that sends traces is missing."""

    def __init__(self) -> None:
        super().__init__(
            "Traces for OpenTelemetry need packages that are not installed here. Install them "
            "with: pip install 'molsteer-steering[opentelemetry]'"
        )


class SelfiesUnavailable(UserError):
    """The library that writes molecules as SELFIES is missing."""

    def __init__(self) -> None:
        super().__init__(
            "SELFIES need the package selfies, which is not installed here. Install it with: pip "
            "install 'molsteer-steering[selfies]'"
        )


class WorkersKeepDying(UserError):
    """A local worker ends again and again right after its start."""

    def __init__(self, topic: str, starts: int, status: int, log: Path, last_words: str) -> None:
        super().__init__(
            f"The {topic} worker was started {starts} times and ended each time, lastly with "
            f"status {status}. Its last words: {last_words or 'none'}. The whole story is in {log}."
        )
        self.topic, self.starts, self.status = topic, starts, status
        self.log, self.last_words = log, last_words


class NothingToGoOnWith(UserError):
    """A campaign that has ended, and would end at once again."""

    def __init__(self, folder: Path, reason: str, cure: str) -> None:
        super().__init__(f"The campaign in {folder} {reason}. {cure}")
        self.folder, self.reason, self.cure = folder, reason, cure


class NoSuchFolder(UserError):
    """A folder of campaigns that is not there, or cannot be read."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be read: {reason}. Give the folder that holds your run "
            f"directories; `molsteer run` makes them in runs/ of where it is started."
        )
        self.folder, self.reason = folder, reason


class WouldNotRun(UserError):
    """A campaign that would not run; names everything that is in the way."""

    def __init__(self, problems: Sequence[str]) -> None:
        listed = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"This campaign would not run:{listed}")
        self.problems = tuple(problems)


class RefusedFile(UserError):
    """A file that cannot be written."""

    def __init__(self, file: Path, reason: str, cure: str) -> None:
        super().__init__(f"The file {file} cannot be written: {reason}. {cure}")
        self.file, self.reason, self.cure = file, reason, cure


class NothingToPlanBy(UserError):
    """Nobody has said how long tasks take."""

    def __init__(self, kinds: Sequence[str], earlier: Path | None) -> None:
        self.kinds, self.earlier = kinds, earlier
        flags = ", ".join(f"--{kind}-s" for kind in kinds)
        where = "Nothing says" if earlier is None else f"The campaign in {earlier} does not say"
        super().__init__(
            f"{where} how long these tasks take: {', '.join(kinds)}. Give seconds ({flags}), or "
            f"an earlier campaign that did them (--from RUN_DIR)."
        )


class UnknownTask(UserError):
    """What was said names no task of the campaign, or several."""

    def __init__(self, said: str, candidates: Sequence[str] = ()) -> None:
        shown = one_line(said)
        if candidates:
            named = ", ".join(candidates[:5])
            rest = " and others" if len(candidates) > 5 else ""
            text = f"{shown!r} may be {named}{rest}. Name one of them."
        else:
            text = (
                f"There is no task {shown!r} in this campaign. Give the id of a task, as "
                f"simulate/7/xtb/1, or the number or SMILES of a molecule that was simulated; "
                f"`molsteer export` lists all."
            )
        super().__init__(text)
        self.said, self.candidates = said, tuple(candidates)


class NotDelivered(UserError):
    """Somebody who was to be told could not be reached."""

    def __init__(self, way: str, reason: str) -> None:
        super().__init__(f"{way} does not take notices: {reason}. Check [notify].")
        self.way, self.reason = way, reason
