"""Proposes a campaign for molecules: a settings file that says why each value is what it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.wire.catalogue import ADIABATIC_IP, OFFERED, unit_of
from molsteer.shared.wording import counted
from molsteer.steering.errors import RefusedFile
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.levels import SHARE
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.manifest import read_manifest
from molsteer.steering.space.sampling import sampled
from molsteer.steering.start import outlook

FEW, MANY = 50, 500
"""Budgets that are proposed at least, and at most."""

ONE_IN = 20
"""Molecules of which one is simulated, between these bounds."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A campaign that makes sense for so many molecules.

    Attributes:
        sources: A search space or molecules files.
        found: What is in them, as a sentence.
        molecules: How many can be searched, about.
        budget: Simulations.
        first_training_after: Molecules that are drawn at random.
        retrain_after: New labels after which models are trained again.
        pause: Whether simulations wait for the models.
    """

    sources: tuple[Path, ...]
    found: str
    molecules: int
    budget: int
    first_training_after: int
    retrain_after: int
    pause: bool


def propose(sources: Sequence[Path]) -> Proposal:
    """Look at molecules and propose a campaign.

    Args:
        sources: A search space, or molecules files.

    Raises:
        SpaceError: If they cannot be read, or none of them can be searched.
    """
    molecules, found = counted_molecules(sources)
    budget = min(molecules, max(FEW, min(MANY, molecules // ONE_IN)))
    first, again = max(1, budget // 4), max(1, budget // 10)
    settings = CampaignSettings.model_validate(
        {
            "campaign": {"space": sources, "budget": budget},
            "policy": {"first_training_after": first},
        }
    )
    pause = outlook.warning(settings, 0) is not None
    return Proposal(tuple(sources), found, molecules, budget, first, again, pause)


def counted_molecules(sources: Sequence[Path]) -> tuple[int, str]:
    """Count the molecules that can be searched, about, and say what is in the sources.

    Raises:
        SpaceError: If they cannot be read, or none of them can be searched.
    """
    if len(sources) == 1 and sources[0].is_dir():
        molecules = read_manifest(sources[0]).molecules
        return molecules, f"{counted(molecules, 'molecule')}."
    sample = sampled(sources)
    if sample.usable == 0:
        names = ", ".join(map(str, sources))
        raise SpaceError(f"There is no usable molecule in {names}. {sample.reasons}".rstrip())
    found = f"{counted(sample.rows, 'row')}; of the first {sample.looked_at:,}, {sample.usable:,} "
    return (
        max(1, sample.rows * sample.usable // sample.looked_at),
        f"{found}can be searched. {sample.reasons}".rstrip(),
    )


def write_proposal(proposal: Proposal, file: Path) -> None:
    """Write a proposal as a settings file; what is there already is never overwritten.

    Raises:
        RefusedFile: If it cannot be written.
    """
    text = "\n".join(_lines(proposal, file))
    try:
        data = f"{text}\n".encode()
    except UnicodeEncodeError:
        reason, cure = "a path that it must name is not UTF-8 text", "Rename the file or folder."
        raise RefusedFile(file, reason, cure) from None
    try:
        with file.open("xb") as written:
            try:
                written.write(data)
                written.flush()
            except OSError:
                file.unlink()
                raise
    except FileExistsError:
        cure = "It is not overwritten; name another one with -o."
        raise RefusedFile(file, "it exists already", cure) from None
    except OSError as error:
        cure = "Name another one with -o."
        raise RefusedFile(file, error.strerror or str(error), cure) from None


def _lines(proposal: Proposal, file: Path) -> Iterator[str]:
    places = [_quoted(_as_named_from(file.parent, source)) for source in proposal.sources]
    space = places[0] if len(places) == 1 else f"[{', '.join(places)}]"
    yield "# A campaign that looks for the molecules that are best by a computed property."
    yield "# Run it with `molsteer run` and the name of this file; --dry-run tells what that does."
    yield "# Every setting is explained in docs/configuration.md."
    yield ""
    yield "[campaign]"
    yield f"name = {_quoted(_name(proposal.sources[0]))}"
    yield f"# {proposal.found}"
    yield f"space = {space}  # from the folder of this file"
    yield f"# Successful simulations: {_why_budget(proposal)}"
    yield f"budget = {proposal.budget}"
    yield "seed = 0  # another one draws other first molecules"
    yield ""
    yield "[[objective]]"
    yield from _commented(f"What is looked for. GFN2-xTB gives {', '.join(OFFERED['xtb'])}.")
    yield f'property = "{ADIABATIC_IP}"'
    yield 'goal = "maximise"  # or "minimise", or "reach" with the value as target'
    yield f"# hit_above = 12.0  # in {unit_of(ADIABATIC_IP)}; what lies above is counted as a hit"
    yield ""
    yield from _commented(
        "Molecules are simulated by GFN2-xTB in vacuum. With these two levels, the best of them "
        "are simulated in water as well, and what is looked for is their value there."
    )
    yield "# [[level]]"
    yield '# name = "xtb"'
    yield "# [[level]]"
    yield '# name = "in-water"'
    yield '# solvent = "water"'
    yield f"# share = {SHARE}  # the part of them that is simulated again"
    yield ""
    yield "[policy]"
    yield "# Molecules drawn at random before there are models: a quarter of the budget gives these"
    yield "# something to learn from, and leaves most for what they choose."
    yield f"first_training_after = {proposal.first_training_after}"
    yield "# New results after which the models learn again: a tenth of the budget, so that they"
    yield "# follow what was found, and little time goes into training."
    yield f"retrain_after = {proposal.retrain_after}"
    if proposal.pause:
        yield "# Simulations wait for the models: while these learn, so many would run here that"
        yield "# nothing of the budget would be left to choose."
        yield 'during_update = "pause"'
    yield ""
    cores = usable_cores()
    yield "# [simulate]"
    yield f"# slots = {cores}  # simulations at a time; one for each usable core if not given"


def _commented(text: str) -> list[str]:
    return wrap(text, 96, initial_indent="# ", subsequent_indent="# ")


def _why_budget(proposal: Proposal) -> str:
    budget, molecules = proposal.budget, f"{proposal.molecules:,}"
    if budget == proposal.molecules:
        return f"there are so few molecules that all {molecules} can be simulated."
    if budget == MANY:
        return f"enough to find good ones among {molecules}; more finds more."
    if budget == FEW:
        return f"fewer give models too little to learn from; there are {molecules} molecules."
    return f"one in {ONE_IN} of {molecules}; more finds more."


def _name(source: Path) -> str:
    stem = source.absolute().name.partition(".")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:50].rstrip("-") or "campaign"


def _as_named_from(folder: Path, source: Path) -> str:
    path = os.path.relpath(source.absolute(), folder.absolute())
    return str(source.absolute()) if path.startswith("..") else path


def _quoted(text: str) -> str:
    # JSON escapes as TOML does, but for this one letter.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
