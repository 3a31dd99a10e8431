"""Steers one campaign: outcomes come in, the policy decides, tasks go out.

The order of writes makes every crash safe: what happened and what follows from it are committed
together; only then are outcomes forgotten, data evicted and tasks published. Whatever a crash
cuts off after the commit is done again, and everything done twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

from molsteer.shared.bus.port import Dispatch
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.failpoints import reach
from molsteer.shared.wire.messages import Outcome
from molsteer.shared.wording import counted
from molsteer.steering.control.requests import Inbox, Request
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.additions import told
from molsteer.steering.ledger.checkpoint import Checkpoints, resumed
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.objects import update_owner
from molsteer.steering.loop import published
from molsteer.steering.loop.adding import Adding
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.loop.foreseen.chunks import ForeseenChunks
from molsteer.steering.loop.intake import Intake
from molsteer.steering.loop.outcomes import UNHOLDABLE, facts_of, lost_its_input
from molsteer.steering.loop.publishing import Publishing, note_commands
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.policy.commands import CancelTasks, Command, Finish, UpdateEnded
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import Began, Event, SlotsChanged
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State

log = logging.getLogger(__name__)

_ALONE_EVERY_S = 1.0
"""How often steering makes sure that it is alone, where steps are shorter; its lease is longer."""


@dataclass
class Campaign:
    """One campaign between its ledger and its bus.

    Attributes:
        lost_after_s: How long a published task may be with nobody before it is published again.
        checkpoint_after: Events after which the policy's state is kept; more for a large state.
        at_once: Outcomes that are taken in with one transaction, before tasks are published.
        state: Where the policy is.
        draining: Whether nothing more is published.
        clock: Gives seconds of the Unix epoch.
        stay_alone: Raises where a copy of the run directory is at work; called now and then.
        news: What a person should hear.
    """

    ledger: Ledger
    bus: Dispatch
    dispatching: Dispatching
    intake: Intake
    inbox: Inbox
    clock: Callable[[], float]
    lost_after_s: float
    checkpoint_after: int = 10_000
    at_once: int = 200
    stay_alone: Callable[[], None] = lambda: None
    news: list[str] = field(default_factory=list)
    state: State = field(init=False)
    draining: bool = field(init=False, default=False)
    _checkpoints: Checkpoints = field(init=False, default_factory=Checkpoints)
    _searched_for_lost_at: float = field(init=False, default=0.0)
    _alone_at: float = field(init=False, default=0.0)

    def begin(
        self,
        plan: Plan,
        starters: Callable[[], Sequence[int]],
        known: Sequence[int],
        facts: Mapping[str, object],
    ) -> None:
        """Begin the campaign, or go on where its journal ends.

        Args:
            plan: How to steer. A campaign that goes on keeps the plan it has; only the slots
                follow this one.
            starters: Draws the molecules to simulate before there is a model; asked once in the
                life of a campaign.
            known: Molecules of the space whose labels are in the ledger already.
            facts: What the ledger is to say of this session, by name, as JSON can.
        """
        now, kept = self.clock(), self.ledger.fact("plan")
        with self.ledger.transaction():
            for name, value in {"session": now, **facts}.items():
                self.ledger.set_fact(name, value)
            if kept is None:
                self.ledger.set_fact("plan", asdict(plan))
        fresh = State.fresh(plan if kept is None else plan_from(kept))
        self.state = resumed(self.ledger, fresh)
        if not self.state.began:
            self._hear([Began(now, tuple(starters()), tuple(known))])
        self._hear(
            SlotsChanged(now, topic, wanted)
            for topic, wanted in plan.slots.items()
            if wanted != self.state.plan.slots[topic]
        )
        self._take_requests()
        if ended := published.reopen(self.ledger, self.bus):
            self.news.append(published.OLDER.format(counted(ended, "task")))

    @property
    def finished(self) -> str | None:
        """Why the campaign has ended, or None while it goes on."""
        return self.state.finished

    def drain(self) -> None:
        """Publish nothing more, and take back what nobody has begun; the next session goes on.

        What has begun goes on to its end, for which `drained` waits.
        """
        self.draining = True

    @property
    def drained(self) -> bool:
        """Whether no published simulation is awaited any more."""
        return self.draining and all(topic != "simulate" for topic, _ in tasks.awaited(self.ledger))

    def step(self, timeout_s: float) -> None:
        """Take in what was asked and what has ended, decide, and publish what is due.

        Raises:
            ServiceUnavailable: If broker, store or disk does not take part; nothing is lost.
            SteeredElsewhere: If a copy of the run directory is at work.
        """
        self._take_requests()
        try:
            self._stay_alone()
            self._publish_ready()
        except ServiceUnavailable:
            # Where memory is full, taking in outcomes makes room.
            self._take_in(self.bus.collect(0.0))
            raise
        if self.draining:
            published.take_back(self.ledger, self.bus)
        elif not self.finished:
            self._foreseen.go_on(self.state)
        outcomes = self.bus.collect(timeout_s)
        # What follows from the first is with workers before the last is taken in.
        for first in range(0, max(1, len(outcomes)), self.at_once):
            self._take_in(outcomes[first : first + self.at_once])
            self._publish_ready()
        self._find_lost()

    def take_news(self) -> list[str]:
        """Give what a person should hear, once."""
        news = [*self.news, *self.inbox.news]
        self.news.clear()
        self.inbox.news.clear()
        return news

    def _take_requests(self) -> None:
        for name, asked in self.inbox.unheard():
            if asked.addition:
                self._add(name, asked)
                continue
            request, plan = asked.planned(self.state.plan)
            event = request.event(self.clock(), plan)
            with self.ledger.transaction():
                self.inbox.note(name, request)
                decided = self._decide([event] if event else [])
                reach("request-read")
            reach("request-committed")
            log.info("Asked to %s. %s", request.action, request.changes or "")
            self.dispatching.change(request.changes, request.thresholds)
            self._follow_up(*decided)

    def _add(self, name: str, request: Request) -> None:
        adding = Adding(self.inbox.run_dir, self.ledger, self.intake.space, self.state)
        try:
            ready = adding.look_at(name, request, self.dispatching.settings, self.clock())
        except RequestRefused as error:
            self.inbox.refuse(name, error.reason)
            return
        with self.ledger.transaction():
            ready.write(self.ledger)
            self.inbox.note(name, request)
            decided = self._decide([ready.event])
            reach("request-read")
        reach("request-committed")
        log.info("Added: %s.", told(ready.addition))
        self.dispatching.renew(ready.space)
        self.intake.space = ready.space
        self._follow_up(*decided)

    def _take_in(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        now, taken = self.clock(), list[tuple[Outcome, Event | None]]()
        unusable = list[tuple[Outcome, str]]()
        with self.ledger.transaction(), self.intake.together(outcomes):
            for outcome in outcomes:
                try:
                    with self.ledger.attempt():
                        taken.append((outcome, self.intake.settle(outcome, now)))
                except UNHOLDABLE as error:
                    unusable.append((outcome, f"It cannot be recorded: {error}."))
            self.intake.files.begin_shared()
            decided = self._decide(event for _, event in taken if event is not None)
            reach("outcome-read")
        reach("outcome-committed")
        self._follow_up(*decided)
        self._publishing.note_ended([outcome for outcome, _ in taken])
        # Once only: steering may put the same data again for the tasks that follow.
        self.intake.evict(outcome for outcome, event in taken if event is not None)
        self.bus.settle([outcome.task_id for outcome, _ in taken])
        for outcome, reason in unusable:
            log.error("An outcome was put aside. %s", reason, extra=facts_of(outcome))
            self.bus.bury(outcome, reason)
        if any(map(lost_its_input, outcomes)):
            self.dispatching.forget()

    def _hear(self, events: Iterable[Event]) -> None:
        with self.ledger.transaction():
            decided = self._decide(events)
        self._follow_up(*decided)

    def _decide(self, events: Iterable[Event]) -> tuple[State, Sequence[Command]]:
        """Journal events and what they cause; inside a transaction, before `_follow_up`."""
        self._checkpoints.keep_when_due(self.ledger, self.state, self.checkpoint_after)
        state, commands, kept = self.state, list[tuple[Command, float]](), list[Event]()
        for event in events:
            decision = decide(state, event)
            kept.append(decision.kept_event)
            log.debug("%s caused %s", decision.kept_event, decision.commands)
            commands += [(command, event.at) for command in decision.commands]
            state = decision.state
        note_commands(self.ledger, commands)
        self.ledger.append(*kept)
        self._note_condition(state)
        return state, [command for command, _ in commands]

    def _note_condition(self, state: State) -> None:
        for name in ("paused", "stopping", "finished"):
            if getattr(state, name) != getattr(self.state, name):
                self.ledger.set_fact(name, getattr(state, name))

    def _follow_up(self, state: State, commands: Sequence[Command]) -> None:
        self.state = state
        for command in commands:
            match command:
                case CancelTasks(task_ids=task_ids):
                    self.bus.cancel(task_ids)
                case UpdateEnded(generation=generation):
                    self.dispatching.release(update_owner(generation))
                case Finish(reason=reason):
                    log.info("The campaign ends: %s.", reason)
                case _:
                    pass  # a task, which is published once it is committed

    def _publish_ready(self) -> None:
        if not self.draining:
            self._publishing.publish_ready()

    @cached_property
    def _publishing(self) -> Publishing:
        return Publishing(
            *(self.ledger, self.bus, self.dispatching, self._foreseen, self.clock),
            slots=lambda: self.state.plan.slots["simulate"],
        )

    @cached_property
    def _foreseen(self) -> ForeseenChunks:
        return ForeseenChunks(self.bus, self.dispatching)

    def _stay_alone(self) -> None:
        now = self.clock()
        if abs(now - self._alone_at) >= _ALONE_EVERY_S:
            self.stay_alone()
            self._alone_at = now

    def _find_lost(self) -> None:
        now = self.clock()
        if abs(now - self._searched_for_lost_at) < self.lost_after_s:
            return
        self._searched_for_lost_at = now
        if published.find_lost(self.ledger, self.bus, now, self.lost_after_s):
            # Whatever lost the tasks may have lost their data as well.
            self.dispatching.forget()
