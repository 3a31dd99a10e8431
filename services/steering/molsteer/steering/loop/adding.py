"""Labels and molecules that come to a campaign that has begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from molsteer.steering.control.added_labels import read_labels
from molsteer.steering.control.requests import Addendum, Request
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger import additions, known_labels, results
from molsteer.steering.ledger.additions import Addition
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.events import Addition as Added
from molsteer.steering.policy.events import LabelsAdded, SpaceGrown
from molsteer.steering.policy.state import State
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.growth.checking import check_grown
from molsteer.steering.space.search_space import SearchSpace


@dataclass(frozen=True, slots=True)
class Ready:
    """What was looked at, and is to be added in one transaction.

    Attributes:
        event: What the policy must hear.
        addition: What the ledger keeps.
        space: The search space from then on.
        labels, molecules: New labels, and the number of each molecule in the space.
        placed: Numbers of molecules that had a label, and are in the space from now on.
    """

    event: Added
    addition: Addition
    space: SearchSpace
    labels: Sequence[KnownLabel] = ()
    molecules: Sequence[int | None] = ()
    placed: dict[str, int] | None = None

    def write(self, ledger: Ledger) -> None:
        """Write all of it but the event; inside its transaction."""
        known_labels.add(ledger, self.labels, self.molecules)
        known_labels.place(ledger, self.placed or {})
        additions.note(ledger, self.addition)


@dataclass(frozen=True, slots=True)
class Adding:
    """Looks at what is to be added.

    Attributes:
        space: The search space as it is.
        state: Where the policy is.
    """

    run_dir: Path
    ledger: Ledger
    space: SearchSpace
    state: State

    def look_at(self, name: str, request: Request, settings: CampaignSettings, at: float) -> Ready:
        """Find out what an addition comes to.

        Args:
            name: Name of the request.
            request: Asks for it.
            settings: The campaign's.
            at: The time, in seconds of the Unix epoch.

        Raises:
            RequestRefused: If it cannot be added.
        """
        if request.addition is None:
            raise RequestRefused(self.run_dir, "It was not told what is to be added.")
        if request.action == "add-labels":
            return self._labels(name, request.addition, settings, at)
        on_features = bool(settings.train.on_features)
        return self._molecules(name, request.addition, at, on_features=on_features)

    def _labels(self, name: str, asked: Addendum, settings: CampaignSettings, at: float) -> Ready:
        """Find out which labels are of molecules that have none and are not being simulated."""
        given = read_labels(self.run_dir, asked, settings.objectives[0].output)
        known = known_labels.names(self.ledger)
        numbers = self.space.find([label.smiles for label in given])
        new = [
            (label, number)
            for label, number in zip(given, numbers, strict=True)
            if label.smiles not in known and (number is None or number not in self.state.chosen)
        ]
        if not new:
            reason = f"All {len(given):,} labels of {asked.source} are of molecules that it knows."
            raise RequestRefused(self.run_dir, f"{reason} Add labels of others.")
        inside = tuple(number for _, number in new if number is not None)
        return Ready(
            event=LabelsAdded(at, len(new), inside),
            addition=self._addition(name, asked, "labels", at, len(new), len(given) - len(new)),
            space=self.space,
            labels=[label for label, _ in new],
            molecules=[number for _, number in new],
        )

    def _molecules(self, name: str, asked: Addendum, at: float, *, on_features: bool) -> Ready:
        """Open the grown search space, and see that it grew from this one."""
        if asked.onto != self.space.digest:
            reason = "Its search space has grown since you began. Grow it again as it is now."
            raise RequestRefused(self.run_dir, reason)
        try:
            grown = SearchSpace.open(self.run_dir / asked.file)
            check_grown(self.space, grown, asked.sha256, features=on_features)
        except DamagedSpace as error:
            raise RequestRefused(self.run_dir, str(error)) from None
        outside = [
            smiles for smiles, number in known_labels.names(self.ledger).items() if number is None
        ]
        placed = {
            smiles: number
            for smiles, number in zip(outside, grown.find(outside), strict=True)
            if number is not None
        }
        added, over = len(grown) - len(self.space), asked.passed_over
        return Ready(
            event=SpaceGrown(at, len(grown), tuple(placed.values())),
            addition=self._addition(name, asked, "molecules", at, added, over),
            space=grown,
            placed=placed,
        )

    def _addition(
        self,
        name: str,
        asked: Addendum,
        kind: additions.Kind,
        at: float,
        added: int,
        passed_over: int,
    ) -> Addition:
        return Addition(
            request=name,
            kind=kind,
            added_at=at,
            source=asked.source,
            file=asked.file,
            sha256=asked.sha256,
            added=added,
            passed_over=passed_over,
            results=results.count(self.ledger),
        )
