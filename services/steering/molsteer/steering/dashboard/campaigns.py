"""The campaigns that a dashboard shows, and what was read of each."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from os import fsencode
from pathlib import Path

from molsteer.steering.dashboard.kept import Kept
from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.overview import Summary, in_order, places, summary
from molsteer.steering.records.watching.now import Now
from molsteer.steering.records.watching.story import Story, read_story
from molsteer.steering.report.figures.canvas import Drawing
from molsteer.steering.report.page.page import drawings_by_section, render_page
from molsteer.steering.run_records import RunRecords

_KEPT = 8
"""Campaigns of which what was read is kept; those of a large one fill memory."""

_PLAIN = re.compile(r"(?!~)[A-Za-z0-9._~-]*[A-Za-z0-9_-][A-Za-z0-9._~-]*")


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells of a campaign.

    Attributes:
        story: Everything.
        drawings: Its figures, by the part of the report that they belong to.
        mark: What the ledger was like when it was read.
    """

    story: Story
    drawings: Mapping[str, Sequence[Drawing]]
    mark: str


class Campaign:
    """One campaign and what was read of it.

    Args:
        folder: Its run directory.
        key: Its name in addresses.
        drawing: Is held while a figure is drawn: matplotlib's settings are those of the process.
    """

    def __init__(self, folder: Path, key: str, drawing: threading.Lock) -> None:
        self.folder, self.key = folder, key
        self.now: Kept[Now] = Kept(RunRecords(folder).at_this_moment, self.mark)
        self.told: Kept[Told] = Kept(self._tell, self.mark)
        self._drawing = drawing
        self._drawn: tuple[Told | None, dict[str, bytes]] = (None, {})

    def mark(self) -> str:
        """Tell what its ledger is like, so that another mark means that it was written."""
        return _mark(self.folder)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Look into its ledger, and leave nothing beside it."""
        with closing(look_into(self.folder, held=is_held(self.folder))) as ledger:
            yield ledger

    def figure(self, told: Told, name: str) -> bytes | None:
        """Draw one of its figures, once; None if there is none of this name."""
        drawings = (each for part in told.drawings.values() for each in part)
        drawing = next((each for each in drawings if each.name == name), None)
        if drawing is None:
            return None
        with self._drawing:
            if self._drawn[0] is not told:
                self._drawn = (told, {})
            drawn = self._drawn[1]
            if name not in drawn:
                drawn[name] = drawing.written("svg")
            return drawn[name]

    def report(self) -> str:
        """Write its report as one page."""
        story = read_story(self.folder)
        with self._drawing:
            return render_page(story)

    def _tell(self) -> Told:
        mark, story = self.mark(), read_story(self.folder)
        return Told(story, drawings_by_section(story), mark)


class Campaigns:
    """All campaigns in a folder.

    Args:
        root: A folder of run directories, or a run directory.

    Attributes:
        is_one: Whether it is a run directory.
        all: What each of them is, at a glance.
        drawing: Is held while figures are drawn.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_one = (root / LEDGER_FILE).is_file()
        self.all: Kept[Sequence[Summary]] = Kept(self._summaries, self._marks)
        self._known: dict[Path, tuple[str, Summary]] = {}
        self._open = OrderedDict[str, Campaign]()
        self._lock, self.drawing = threading.Lock(), threading.Lock()

    def of(self, key: str) -> Campaign | None:
        """Find a campaign by its name in addresses, which is never used as a path."""
        with self._lock:
            if key not in self._open:
                folder = next((each for each in places(self.root) if key_of(each) == key), None)
                if folder is None:
                    return None
                self._open[key] = Campaign(folder, key, self.drawing)
            self._open.move_to_end(key)
            while len(self._open) > _KEPT:
                self._open.popitem(last=False)
            return self._open[key]

    def _marks(self) -> object:
        return {place: _mark(place) for place in places(self.root)}

    def _summaries(self) -> Sequence[Summary]:
        """Summarise every campaign, those anew whose ledgers have changed."""
        known = dict[Path, tuple[str, Summary]]()
        for place in places(self.root):
            mark = _mark(place)
            before = self._known.get(place)
            same = before is not None and before[0] == mark
            known[place] = before if before and same else (mark, summary(place))
        self._known = known
        return in_order(found for _, found in known.values())


def key_of(folder: Path) -> str:
    """Name a run directory in addresses: by its name, or a digest of one that is not plain."""
    name = folder.absolute().name
    return name if _PLAIN.fullmatch(name) else f"~{sha256(fsencode(name)).hexdigest()[:16]}"


def _mark(folder: Path) -> str:
    parts = [str(is_held(folder))]
    for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal"):
        try:
            status = (folder / name).stat()
            parts.append(f"{status.st_mtime_ns}.{status.st_size}")
        except OSError:
            parts.append("-")
    return ":".join(parts)
