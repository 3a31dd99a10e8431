"""Goes on with the campaign of a run directory, which knows everything but secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.errors import SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.settings.loading import load, origins_of
from molsteer.shared.settings.names import Name, names_of
from molsteer.shared.settings.origins import Origins
from molsteer.steering.control.requests import Request, changes_of, waiting
from molsteer.steering.errors import LEDGER_FILE, NoCampaign, NothingToGoOnWith
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.figures.reached import simulated
from molsteer.steering.run_directory import SETTINGS, check_free
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import (
    CHANGEABLE,
    RULE,
    Changes,
    Value,
    changed,
    check_changes,
    may_change,
    values,
)
from molsteer.steering.sites.plugins import check_plugins
from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.manifest import read_manifest
from molsteer.steering.start.models import FILE as GIVEN_MODELS

_STRONGER = {"the command line", "the environment"}
"""What overrules the settings that a run directory keeps."""

Flags = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """How a campaign goes on.

    Attributes:
        settings: What to run, as it was when the campaign was last steered.
        requests: What to ask of it first.
    """

    settings: CampaignSettings
    requests: tuple[Request, ...]

    @property
    def changes(self) -> Changes:
        """What is changed first."""
        return {name: value for each in self.requests for name, value in each.changes.items()}


def going_on(run_dir: Path, flags: Flags) -> GoingOn:
    """Find out how to go on; nothing is changed.

    Args:
        run_dir: The campaign's folder.
        flags: Settings to change, by section and key; variables count as well.

    Raises:
        NoCampaign: If the folder holds no campaign.
        RunDirectoryInUse: If somebody steers it.
        SettingsError: If something is to be changed that cannot, or not so; all is named at once.
        NothingToGoOnWith: If the campaign has ended for good, unless something is changed.
    """
    if not (run_dir / LEDGER_FILE).is_file():
        raise NoCampaign(run_dir)
    check_free(run_dir)
    with closing(look_into(run_dir, held=is_held(run_dir))) as ledger:
        here = {**flags, "campaign": {**flags.get("campaign", {}), "run_dir": run_dir}}
        kept = load(CampaignSettings, run_dir / SETTINGS, here)
        origins = origins_of(run_dir / SETTINGS, flags)
        if problems := list(_fixed(kept, origins)):
            raise SettingsError("the command line and the environment", [*problems, RULE])
        before = {**_before(origins), **changes_of(ledger)}
        now = changed(_of_the_folder(kept, run_dir, ledger), before)
        wanted = _wanted(kept, values(now), origins)
        check_plugins(changed(now, wanted))
        return GoingOn(now, tuple(_requests(run_dir, ledger, wanted)))


def _fixed(settings: CampaignSettings, origins: Origins) -> Iterator[str]:
    """Name what is given in vain; a variable that says what the folder says does no harm."""
    kept = origins.document
    for name in names_of(CampaignSettings):
        section, key = name
        if may_change(section, key):
            continue
        value = getattr(getattr(settings, section), key)
        match origins.of(name):
            case "the command line":
                yield f"{name}: it cannot be changed when the campaign goes on."
            case "the environment" if key == "run_dir":
                pass  # the folder that is named counts
            case "the environment" if _plain(value) != kept.get(section, {}).get(key):
                yield f"{name.variable}: it cannot be changed when the campaign goes on. Unset it."
            case _:
                pass


def _before(origins: Origins) -> Changes:
    """Give what the folder says of everything that can be changed, whatever flags say."""
    held: dict[str, Value | None] = {}
    for name in CHANGEABLE:
        section, key = name.split(".")
        held[name] = origins.document.get(section, {}).get(key)
    return check_changes({name: value for name, value in held.items() if value is not None})


def _plain(value: object) -> object:
    match value:
        case tuple():
            return [_plain(each) for each in value]
        case Path():
            return str(value.absolute())
        case _:
            return value


def _of_the_folder(settings: CampaignSettings, run_dir: Path, ledger: Ledger) -> CampaignSettings:
    """Take molecules, labels and models from the run directory, wherever they came from."""
    identity = ledger.fact("identity")
    digest = identity.get("campaign.space") if isinstance(identity, dict) else None
    campaign: dict[str, object] = {"training_set": None} if ledger.has_events else {}
    if built := next(_spaces(run_dir, digest), None):
        campaign["space"] = (built,)
    train = {"models": (run_dir / GIVEN_MODELS,)} if (run_dir / GIVEN_MODELS).is_file() else {}
    return settings.model_copy(
        update={
            "campaign": settings.campaign.model_copy(update=campaign),
            "train": settings.train.model_copy(update=train),
        }
    )


def _spaces(run_dir: Path, digest: object) -> Iterator[Path]:
    for folder in sorted((run_dir / "space").glob("*")):
        try:
            if read_manifest(folder).digest == digest:
                yield folder
        except DamagedSpace:
            continue


def _wanted(settings: CampaignSettings, now: Changes, origins: Origins) -> Changes:
    given = values(settings)
    named = [name for name in CHANGEABLE if origins.of(Name(*name.split("."))) in _STRONGER]
    return {name: given[name] for name in named if given[name] != now[name]}


def _requests(run_dir: Path, ledger: Ledger, wanted: Changes) -> Iterator[Request]:
    ended = ledger.fact("finished")
    if wanted:
        yield Request(action="set", changes=dict(wanted))
    if ledger.fact("paused") or ledger.fact("stopping") or ended in {"stopped", "failing"}:
        yield Request(action="resume")
    if ended == "budget-reached" and not waiting(run_dir) and "campaign.budget" not in wanted:
        done = simulated(ledger)
        larger = f"molsteer continue {shell_word(run_dir)} --budget {2 * done}"
        raise NothingToGoOnWith(
            run_dir, f"has reached its budget of {done} simulations", f"Give it more: {larger}"
        )
    if ended == "out-of-candidates" and not waiting(run_dir):
        cure = f"Give it more: molsteer space add {shell_word(run_dir)} MOLECULES"
        raise NothingToGoOnWith(run_dir, "has simulated every molecule of its space", cure)
