"""Tries out whether a campaign would run, and says in words what it would do; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import assert_never

from molsteer.shared.bus.connection import check_answer
from molsteer.shared.bus.embedded_server import find_server
from molsteer.shared.bus.workers import live_workers, start_command
from molsteer.shared.doctor.machine import nearest_folder
from molsteer.shared.errors import UserError
from molsteer.shared.settings.server_url import address
from molsteer.shared.wire.key_file import read_key_ring
from molsteer.shared.wire.properties import Objective
from molsteer.shared.wire.topics import DEFAULT_POOL, TOPICS, Topic
from molsteer.shared.wording import counted
from molsteer.steering import run_directory
from molsteer.steering.control.requests import changes_of
from molsteer.steering.errors import LEDGER_FILE, UnusableRunDirectory, WouldNotRun
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.reached import simulated
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import Changes, changed
from molsteer.steering.settings.limits import told as told_of_limit
from molsteer.steering.settings.whole_numbers import changes_in_numbers, in_numbers
from molsteer.steering.sites.plugins import check_plugins
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.sampling import sampled
from molsteer.steering.space.search_space import SearchSpace, look_for
from molsteer.steering.start import outlook
from molsteer.steering.start.features import check_features
from molsteer.steering.start.identity import identity_of, plan_of
from molsteer.steering.start.model_files import Weights
from molsteer.steering.start.models import read_given, sized
from molsteer.steering.start.replay.tables import replayed
from molsteer.steering.start.starters import labels_given


@dataclass
class Rehearsal:
    """Goes through everything that a campaign needs.

    Attributes:
        settings: What would run.
        changes: What is changed before it goes on.
        problems: What is in the way, as far as it was looked for.
        known: Labels that are known before the campaign begins.
        given: Models that were trained before.
        space: The search space, where it was built already.
        begun: Whether the campaign has results already.
    """

    settings: CampaignSettings
    changes: Changes = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    known: int = 0
    given: Weights | None = None
    space: SearchSpace | None = None
    begun: bool = False

    def plan(self) -> list[str]:
        """Tell in sentences what the campaign would do.

        Raises:
            WouldNotRun: If anything is in the way; all of it is named at once.
        """
        steps = (
            *(self._molecules, self._models, self._results, self._labels),
            *(self._aims, self._course),
            *(self._workers, self._server, self._stores),
        )
        told = [list(self._tried(step)) for step in steps]
        if self.problems:
            raise WouldNotRun(list(dict.fromkeys(self.problems)))
        return list(chain.from_iterable(told))

    def _tried(self, step: Callable[[], Iterator[str]]) -> Iterator[str]:
        try:
            yield from step()
        except UserError as error:
            self.problems.append(str(error))

    def _molecules(self) -> Iterator[str]:
        sources = self.settings.campaign.space
        folder, self.space = look_for(
            sources,
            self.settings.run_dir / "space",
            self.settings.infer.chunk_size,
            admission=self.settings.admission(),
            smiles_column=self.settings.campaign.smiles_column,
        )
        names = ", ".join(map(str, sources))
        if self.space:
            self.settings = in_numbers(self.settings, len(self.space))
            yield f"Molecules: {len(self.space):,} of {names}, from the search space {folder}."
            check_features(self.settings, folder, self.space.manifest)
            yield from self._features()
            return
        sample = sampled(sources, self.settings.admission(), self.settings.campaign.smiles_column)
        if sample.usable == 0 and sample.looked_at == sample.rows:
            raise SpaceError(f"There is no usable molecule in {names}. {sample.reasons}".rstrip())
        usable = sample.rows * sample.usable // max(1, sample.looked_at)
        self.settings = in_numbers(self.settings, usable)
        yield (
            f"Molecules: {counted(sample.rows, 'row')} of {names}, from which a search space is "
            f"built; of the first {sample.looked_at:,} rows, {sample.usable:,} can be searched. "
            f"{sample.reasons}"
        ).rstrip()
        yield from self._features()

    def _features(self) -> Iterator[str]:
        surrogates = self.settings.train.on_features
        if surrogates and (self.space is None or not self.space.feature_chunks):
            yield f"Features: computed before anything starts, for {' and '.join(surrogates)}."

    def _models(self) -> Iterator[str]:
        self.given = read_given(self.settings)
        self.settings = sized(self.settings, self.given)
        if self.given:
            yield f"Models: {counted(self.given.members, 'member')} are given."

    def _results(self) -> Iterator[str]:
        folder = self.settings.run_dir
        there = nearest_folder(folder)
        if not there.is_dir():
            raise UnusableRunDirectory(folder, f"{there} is not a folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise UnusableRunDirectory(folder, f"{there} may not be written")
        run_directory.check_free(folder)
        if (folder / LEDGER_FILE).exists():
            with closing(look_into(folder, held=is_held(folder))) as ledger:
                yield from self._gone_on(folder, ledger)
            return
        yield f"Results: in {folder}{'' if there == folder else ', which is made'}."

    def _gone_on(self, folder: Path, ledger: Ledger) -> Iterator[str]:
        changes, self.known = changes_of(ledger), known_labels.count_at_start(ledger)
        if ledger.has_events and self.space is None:
            names = ", ".join(map(str, self.settings.campaign.space))
            other = f"it holds a campaign with other molecules than {names}"
            raise UnusableRunDirectory(folder, other, "Name the molecules that it began with")
        if ledger.has_events and self.space is not None and not self.problems:
            self.settings = replayed(self.settings, self.space).settings
            plan = plan_of(self.settings, self.space, self.known)
            identity = identity_of(self.settings, self.space, self.given, plan)
            run_directory.claim(folder, ledger, self.settings.campaign.name, identity, changes)
            changes = {**changes, **changes_in_numbers(self.changes, plan)}
            self.settings = changed(self.settings, changes)
        done = simulated(ledger)
        self.begun = done > 0
        ended = ledger.fact("finished")
        state = f"which has ended ({ended})" if ended else "which goes on"
        yield (
            f"Results: in {folder}, with a campaign {state}: {done} of "
            f"{self.settings.campaign.budget} simulated."
        )

    def _labels(self) -> Iterator[str]:
        file = self.settings.campaign.training_set
        if file is None or self.known:
            return
        self.known = len(labels_given(self.settings))
        yield f"Labels: {self.known:,} of {file}, which are not simulated again."

    def _aims(self) -> Iterator[str]:
        for objective in self.settings.objectives:
            yield f"Wanted: {_wanted(objective)}."
        for each in self.settings.indicators:
            how = "falls where it rises" if each.falls else "rises with it"
            told = f"{each.output.name} at the level {each.output.level}"
            yield f"Indicator: {told}, which tells about {each.of} and {how}."
        for limit in self.settings.limits:
            told = f"{limit.output.name} at the level {limit.output.level} {told_of_limit(limit)}"
            yield f"Limit: {told}; what breaks it is no hit, and its chance to keep it counts."

    def _course(self) -> Iterator[str]:
        settings, simulate = self.settings, self.settings.simulate
        first, *others = zip(
            settings.levels, plan_of(settings, None, self.known).budgets, strict=True
        )
        yield (
            f"Simulations: {counted(first[1], 'molecule')} at the level {first[0].name}, "
            f"{simulate.slots} at a time, each for at most {simulate.time_limit_s:g} s."
        )
        for (level, budget), rung in zip(others, settings.rungs, strict=True):
            yield (
                f"Simulations: the best {counted(budget, 'molecule')} of these, "
                f"{100 * rung.share:g} %, at the level {level.name} as well."
            )
        if self.begun:
            return
        yield f"Choice: {outlook.when_models_begin(settings, self.known)}"
        if told := outlook.warning(settings, self.known):
            yield f"Warning: {told}"

    def _workers(self) -> Iterator[str]:
        check_plugins(self.settings)
        slots = {topic: getattr(self.settings, topic).slots for topic in TOPICS}
        here = [f"{slots[topic]} of {topic}" for topic in TOPICS if self._is_here(topic)]
        if here:
            yield f"Workers: {', '.join(here)} are started on this machine."
        elsewhere = [topic for topic in TOPICS if not self._is_here(topic)]
        if not elsewhere:
            return
        there = live_workers(self.settings.queue)
        for topic in elsewhere:
            pool = self.settings.pools[topic]
            count = sum(one.topic == topic and one.pool == pool for one in there)
            cure = "" if count else f" Start one: {start_command(topic, pool)}"
            yield f"Workers: {counted(count, 'worker')} in the pool {pool!r} of {topic} now.{cure}"

    def _is_here(self, topic: Topic) -> bool:
        return self.settings.workers.local and self.settings.pools[topic] == DEFAULT_POOL

    def _server(self) -> Iterator[str]:
        queue = self.settings.queue
        read_key_ring(queue.keys_file)
        if self.settings.workers.server == "embedded":
            yield f"Server: {find_server()} is started for this run alone."
            return
        check_answer(queue.server_url)
        yield f"Server: Redis at {address(queue.redis_url)}, which answers."

    def _stores(self) -> Iterator[str]:
        stores = self.settings.stores
        if stores.globus_config is not None:
            from proxystore.utils.environment import hostname

            from molsteer.shared.blobs.globus_sites import read_sites

            read_sites(stores.globus_config, hostname())
        directory = stores.directory or self.settings.run_dir / "objects"
        if "file" in stores.chosen and not os.access(nearest_folder(directory), os.W_OK | os.X_OK):
            raise UserError(
                f"The file store {directory} cannot be written. Name another folder as [stores] "
                f"directory."
            )
        chosen = ", ".join(f"{topic} {getattr(stores, topic)}" for topic in TOPICS)
        place = f"; file is {directory}" if "file" in stores.chosen else ""
        yield f"Stores: {chosen}{place}."


def _wanted(objective: Objective) -> str:
    """Say what is wanted, and what makes a hit."""
    output, hits = objective.output, bar(objective)
    match objective.goal:
        case "maximise":
            aim = "as high as can be"
        case "minimise":
            aim = "as low as can be"
        case "reach":
            aim = f"near {objective.target:g} {output.unit}".rstrip()
        case _:
            assert_never(objective.goal)
    told = f"{output.name} at the level {output.level}, {aim}"
    return f"{told}; a hit is {hits}" if hits else told
