"""The stories and campaigns are worth something only if they catch a policy that is wrong.

Each mutant is one error in the source text of the policy: module, sound text, wrong text.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from support.mutants import planted

POLICY = "molsteer.steering.policy"
STORIES = Path(__file__).parent.parent / "unit" / "steering" / "policy"

SUPPORT = ("support.referee", "support.referee_of_rungs", "support.virtual_clock")

MUTANTS = {
    "the trigger is a modulo": (
        "updates",
        "return state.labels - state.trained_on >= state.plan.retrain_after",
        "return state.labels % state.plan.retrain_after == 0",
    ),
    "rules are asked once": (
        "decide",
        "while not state.finished and (step := _next_step(state)):",
        "if not state.finished and (step := _next_step(state)):",
    ),
    "a task that ended can report again": (
        "tasks",
        'Forget a running task: whatever it still reports is unknown from now on."""\n'
        "        return Tasks(self.running.remove(task.task_id), self.waiting)",
        'Keep it."""\n        return self',
    ),
    "late results of a failed update count for the next one": (
        "updates",
        "plan, generation = state.plan, state.generation + 1",
        "plan, generation = state.plan, state.model + 1",
    ),
    "cancelled tasks are not taken back": (
        "updates",
        "return ended, (*_take_back(update.in_flight), *notices)",
        "return ended, notices",
    ),
    "the budget forgets what is under way": (
        "state",
        "self.plan.budget - self.successes - len(self.simulations)",
        "self.plan.budget - self.successes",
    ),
    "molecules are chosen twice": ("shortlist", "if molecule not in chosen:", "if True:"),
    "known molecules are chosen": ("absorb", "HashTrieSet(known)", "HashTrieSet()"),
    "retries never end": (
        "settle",
        "if task.attempt - task.taken_back < attempts:",
        "if task.attempt < 10**9:",
    ),
    "attempts taken back count as tries": (
        "settle",
        "if task.attempt - task.taken_back < attempts:",
        "if task.attempt < attempts:",
    ),
    "simulations taken back are forgotten": (
        "rules",
        "simulations = taken_back(state.simulations)",
        "simulations = type(state.simulations)()",
    ),
    "a pause changes nothing": ("decide", "ENDING if state.paused else RULES", "RULES"),
    "a stop is never lifted": (
        "absorb",
        "paused=False, stopping=None,",
        "paused=False,",
    ),
    "the end is final": (
        "decide",
        "if state.finished and not isinstance(event, Resumed | PlanChanged | RetryRequested):",
        "if state.finished:",
    ),
    "a cancelled update counts as asked": (
        "updates",
        'if outcome == "cancelled":',
        "if False:",
    ),
    "stopping now waits": ("rules", 'state.stopping == "now" or ', ""),
    "a lower budget is passed by further attempts": (
        "rules",
        "wanted = min(places, state.plan.budget - state.successes)",
        "wanted = places",
    ),
    "every failure is retried": (
        "settle",
        "attempts = state.plan.attempts if retryable else 1",
        "attempts = state.plan.attempts",
    ),
    "a lost member is waited for": (
        "settle",
        "update=replace(update, tasks=groups.end(group), lost=lost)",
        "update=replace(update, lost=lost)",
    ),
    "an update without members goes on": (
        "updates",
        "if update.trained == 0:",
        "if False:",
    ),
    "abandoned molecules come back": (
        "settle",
        "simulations=state.simulations.end(task),\n        abandoned",
        "simulations=state.simulations.try_again(task),\n        abandoned",
    ),
    "tries before a retry count": (
        "tasks",
        "taken_back=task.attempt)",
        "taken_back=task.taken_back)",
    ),
    "older candidates are kept": (
        "shortlist",
        "return Shortlist(Line(candidates), Line(), self.starters)",
        "return Shortlist(Line(candidates), self.stale, self.starters)",
    ),
    "a chunk's older candidates are kept": (
        "shortlist",
        "if old.molecule not in chunk",
        "if True",
    ),
    "the journal holds candidates that never count": ("settle", "if each in kept", "if True"),
    "the end is not told": ("rules", "(*commands, Finish(reason))", "tuple(commands)"),
    "the buffer counts twice": (
        "rules",
        "slots + state.plan.buffer",
        "slots + 2 * state.plan.buffer",
    ),
    "the queue is filled for nobody": (
        "rules",
        "places = slots + state.plan.buffer if slots else 0",
        "places = slots + state.plan.buffer",
    ),
    "useless updates go on": (
        "updates",
        "if update is None or (state.choosable > 0 and not state.stopping):",
        "if True:",
    ),
    "a starved campaign asks for ever": (
        "rules",
        "changed = state.labels > state.trained_on or len(state.chosen) > state.chosen_before",
        "changed = True",
    ),
    "a starved campaign gives up at once": (
        "rules",
        "changed = state.labels > state.trained_on or len(state.chosen) > state.chosen_before",
        "changed = False",
    ),
    "given models rank for ever": (
        "updates",
        "ended = replace(ended, given=False)",
        "pass",
    ),
    "given models rank once, even if they were cut short": (
        "updates",
        "ended = replace(ended, trained_on=0, chosen_before=0)",
        "ended = replace(ended, trained_on=0, chosen_before=0, given=False)",
    ),
    "given models are not asked": (
        "state",
        "return cls(plan, given=plan.pretrained)",
        "return cls(plan)",
    ),
    "given models are trained first": (
        "updates",
        "if state.given:\n        training",
        "if False:\n        training",
    ),
    "nothing waits for given models": (
        "rules",
        "if state.given and not state.shortlist.fresh.take(state.chosen):",
        "if False:",
    ),
    "tasks are cancelled in no order": (
        "updates",
        "tuple(sorted(task.task_id for task in tasks))",
        "tuple(sorted((task.task_id for task in tasks), reverse=True))",
    ),
    "nobody asked for predictions in advance": (
        "settle",
        "plan.chunks if plan.predict_early else 0",
        "plan.chunks",
    ),
    "predictions go on when scoring has begun": (
        "updates",
        "update=scoring, shortlist=shortlist), _take_back(update.in_flight)",
        "update=scoring, shortlist=shortlist), ()",
    ),
    "predictions take more slots than there are": (
        "updates",
        "len(update.predictions.running) >= state.plan.slots_infer",
        "len(update.predictions.running) > state.plan.slots_infer",
    ),
    "training waits for predictions": (
        "updates",
        "if not isinstance(update, Training) or update.tasks:",
        "if not isinstance(update, Training) or update.tasks or update.predictions:",
    ),
    "predictions that failed keep their slots": (
        "settle",
        "predictions=update.predictions.end(task)",
        "predictions=update.predictions",
    ),
    "a group's predictions replace those of the group before": (
        "settle",
        "predictions = update.predictions.wait(",
        "predictions = type(update.predictions)(update.predictions.running).wait(",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_policy_is_caught(name):
    module, sound, wrong = MUTANTS[name]
    with mutant(module, sound, wrong):
        assert any(fails(check) for check in checks()), f"nobody noticed that {name}"


def test_the_sound_policy_passes_every_check():
    module, sound, _ = MUTANTS["rules are asked once"]
    with mutant(module, sound, sound):
        assert not [check for check in checks() if fails(check)]


def test_a_mutant_is_gone_afterwards():
    module, sound, wrong = MUTANTS["rules are asked once"]
    before = importlib.import_module(f"{POLICY}.{module}")
    with mutant(module, sound, wrong):
        assert importlib.import_module(f"{POLICY}.{module}") is not before
    assert importlib.import_module(f"{POLICY}.{module}") is before


def mutant(module: str, sound: str, wrong: str) -> AbstractContextManager[None]:
    return planted(POLICY, module, sound, wrong, also=SUPPORT)


def checks() -> Iterator[Callable[[], object]]:
    """The stories, then campaigns in trouble that the referee watches."""
    for file in sorted(STORIES.glob("test_stories*.py")):
        spec = spec_from_file_location("stories_of_a_mutant", file)
        assert spec is not None
        assert spec.loader is not None
        stories = module_from_spec(spec)
        spec.loader.exec_module(stories)
        yield from (story for name, story in vars(stories).items() if name.startswith("test_"))
    clock = importlib.import_module("support.virtual_clock")
    plan = importlib.import_module("support.referee").a_plan(
        budget=20,
        slots_simulate=3,
        buffer=1,
        members=3,
        slots_train=2,
        space_size=60,
        first_training_after=3,
        retrain_after=3,
    )
    trouble = clock.Trouble(failing=0.2, twice=0.2, late=0.8)
    for seed in range(5):
        yield lambda seed=seed: clock.World(plan, seed, trouble).run()
    early = replace(plan, predict_early=True, chunk_size=20)
    yield lambda: clock.World(early, 5, trouble).run()


def fails(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:  # a mutant may break in any way
        return True
    return False
