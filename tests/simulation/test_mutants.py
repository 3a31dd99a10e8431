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

SUPPORT = (
    "support.foresight",
    "support.referee",
    "support.referee_of_rungs",
    "support.virtual_clock",
)

MUTANTS = {
    "the trigger is a modulo": (
        "updates",
        "return state.counted - state.counted_before >= state.plan.retrain_after",
        "return state.counted % state.plan.retrain_after == 0",
    ),
    "chance draws what was chosen already": (
        "chance.control",
        "plan.seed)) not in chosen:",
        "plan.seed)) >= 0:",
    ),
    "chance owes for the time before": (
        "chance.control",
        "return Control(owed, control.place), None",
        "return control, None",
    ),
    "rules are asked once": (
        "decide",
        "while not state.finished and (step := _next_step(state)):",
        "if not state.finished and (step := _next_step(state)):",
    ),
    "a task that ended can report again": (
        "tasks",
        "running = running.remove(task.task_id)",
        "pass",
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
        "self.plan.budget - self.begun(self.levels[0])",
        "self.plan.budget - self.spent(self.levels[0])",
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
        "replace(level, simulations=taken_back(level.simulations))",
        "replace(level, simulations=type(level.simulations)())",
    ),
    "a pause changes nothing": ("decide", "_ENDING_IN if state.paused else _RULES_IN", "_RULES_IN"),
    "a rule is not asked while it has something to do": (
        "decide",
        "type(None): {",
        "type(None): {dispatch_simulation,",
    ),
    "a stop is never lifted": (
        "absorb",
        "paused=False, stopping=None",
        "paused=False",
    ),
    "the end is final": (
        "decide",
        "if state.finished and not isinstance(event, _OPENING):",
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
        "if len(level.simulations.running) < state.plan.budgets[place] - state.spent(level):",
        "if True:",
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
        "simulations=level.simulations.end(task),\n        abandoned",
        "simulations=level.simulations.try_again(task),\n        abandoned",
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
        "if not first <= old.molecule < end",
        "if True",
    ),
    "the journal holds candidates that never count": (
        "settle",
        "kept = _best_of(event.candidates, _rivals(settled), settled.chosen)",
        "kept = list(event.candidates)",
    ),
    "the end is not told": ("rules", "(*commands, Finish(reason))", "tuple(commands)"),
    "the buffer counts twice": (
        "state",
        "slots + self.plan.buffer",
        "slots + 2 * self.plan.buffer",
    ),
    "the queue is filled for nobody": (
        "state",
        "places = slots + self.plan.buffer if slots else 0",
        "places = slots + self.plan.buffer",
    ),
    "useless updates go on": (
        "updates",
        "if update is None or (state.choosable > 0 and not state.stopping):",
        "if True:",
    ),
    "a starved campaign asks for ever": (
        "updates",
        "changed = state.labels > state.trained_on or len(state.chosen) > state.chosen_before",
        "changed = True",
    ),
    "a starved campaign gives up at once": (
        "updates",
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
        "ended = replace(ended, trained_on=0, counted_before=0, chosen_before=0)",
        "ended = replace(ended, trained_on=0, counted_before=0, chosen_before=0, given=False)",
    ),
    "given models are not asked": (
        "state",
        "return cls(plan, levels=levels, given=plan.pretrained)",
        "return cls(plan, levels=levels)",
    ),
    "given models are trained first": (
        "updates",
        "if state.given:\n        training",
        "if False:\n        training",
    ),
    "nothing waits for given models": (
        "refilling",
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

LADDER = {
    "molecules whose merit is no number climb": ("climbing", " or merit != merit", ""),
    "the worst molecule climbs": (
        "ladder",
        "first, *others = level.candidates",
        "*others, first = level.candidates",
    ),
    "the first molecule climbs": ("climbing", "insort(candidates,", "list.append(candidates,"),
    "all molecules climb": ("ladder", "state.begun(level) < _may_begin(state, place)", "True"),
    "a rung forgets what is under way": ("ladder", "state.begun(level) <", "state.spent(level) <"),
    "a molecule given up at a rung keeps its place": (
        "state",
        "return self.spent(level) + len(level.simulations)",
        "return self.spent(level) + len(level.simulations) + len(level.abandoned)",
    ),
    "the share is rounded up on the way": ("ladder", "floor(rung", "1 + floor(rung"),
    "the budget of a rung is rounded down": ("plan", "ceil(rung", "int(rung"),
    "shares have the errors of floating point numbers": (
        "plan",
        "round(molecules * self.share, 9)",
        "molecules * self.share",
    ),
    "a rung gets no more than its share in the end": (
        "ladder",
        "if is_over(state, place - 1):",
        "if False:",
    ),
    "the whole budget of a rung may be begun at once": (
        "ladder",
        "if is_over(state, place - 1):",
        "if True:",
    ),
    "molecules climb after a stop": ("ladder", "state.stopping or state.places", "state.places"),
    "molecules climb without a place": (
        "ladder",
        "state.stopping or state.places <= 0",
        "state.stopping",
    ),
    "promotions come after new molecules": (
        "decide",
        "    dispatch_promotion,\n    dispatch_simulation,",
        "    dispatch_simulation,\n    dispatch_promotion,",
    ),
    "promotions come before further attempts": (
        "decide",
        "    dispatch_attempt,\n    dispatch_promotion,",
        "    dispatch_promotion,\n    dispatch_attempt,",
    ),
    "the lowest rung comes first": (
        "ladder",
        "range(len(state.levels) - 1, 0, -1)",
        "range(1, len(state.levels))",
    ),
    "the campaign ends with its first level": (
        "rules",
        "state.plan.budget and _all_over(state)",
        "state.plan.budget",
    ),
    "a starved campaign forgets its rungs": ("rules", "if not _all_over(state):", "if False:"),
    "a rung that gets no further is waited for": (
        "ladder",
        "return not level.candidates and not",
        "return False and not",
    ),
    "what nobody wants any more goes on": (
        "ladder",
        "if level.simulations.running and state.spent(level) >= budget:",
        "if False:",
    ),
    "candidates are kept without end": ("climbing", "[: state.plan.shortlist]", ""),
    "models learn nothing from rungs": (
        "state",
        "successes += level.successes",
        "successes = self.levels[0].successes",
    ),
    "a checkpoint forgets who may climb": (
        "codecs.state_codec",
        "candidates=self.candidates,",
        "candidates=(),",
    ),
    "nobody asks what a molecule is worth": (
        "ladder",
        "return budget if _promises_more(state, place) else 0",
        "return budget",
    ),
    "molecules climb though nobody knows what they promise": (
        "ladder",
        "if climbs is None or refill_waits(state):",
        "if climbs is None and False:",
    ),
    "molecules climb while new ones wait": (
        "ladder",
        "if climbs is None or refill_waits(state):",
        "if climbs is None:",
    ),
    "new molecules are worth what they cost alone": (
        "pricing",
        "return chance / (price_s(state, place) + chance * above)",
        "return chance / price_s(state, place)",
    ),
    "what is stated of prices is passed over": ("pricing", "if stated is not None:", "if False:"),
    "prices are never measured": ("pricing", "if level.timed and level.seconds > 0:", "if False:"),
    "chances are forgotten": (
        "climbing",
        "chances.get(each.molecule, each.chance)",
        "each.chance",
    ),
    "what models say of climbers does not count": (
        "climbing",
        "return -chance, -candidate.score, candidate.molecule",
        "return 0.0, -candidate.score, candidate.molecule",
    ),
    "nobody is asked about": ("updates", "climbing=tuple(climbing)", "climbing=()"),
    "the journal forgets what climbers promise": (
        "settle",
        "if climbing := climbers(settled):",
        "if climbing := frozenset[int]():",
    ),
    "failures at a rung are nobody's": (
        "rules",
        "for level in levels:",
        "for level in levels[:1]:",
    ),
}
FORESIGHT = {
    "nobody foresees that the budget is reached": (
        "choosing.stretch",
        "state.plan.budget - state.spent(state.first) - 1",
        "state.plan.budget - state.spent(state.first)",
    ),
    "nobody foresees that an update is due": (
        "choosing.stretch",
        "return due_at - state.counted - 1",
        "return due_at - state.counted",
    ),
    "nobody foresees that the first update comes sooner": (
        "choosing.stretch",
        "if state.generation == 0:",
        "if False:",
    ),
    "nobody foresees that an update becomes useless": (
        "choosing.stretch",
        "state.choosable - 1",
        "state.choosable",
    ),
    "nobody foresees that nothing is under way any more": (
        "choosing.stretch",
        "len(state.first.simulations) - 1",
        "len(state.first.simulations)",
    ),
    "whatever an update runs beside is foreseen to wait for it": (
        "choosing.stretch",
        "if state.update is not None and refill_waits(state):",
        "if state.update is not None:",
    ),
    "what waits for molecules is foreseen to begin": (
        "choosing.stretch",
        "if state.places != 0:",
        "if False:",
    ),
    "a stop is not foreseen": ("choosing.stretch", "        state.stopping\n", "        False\n"),
    "a pause is not foreseen": ("choosing.stretch", "or state.paused\n", ""),
    "further attempts are not foreseen": (
        "choosing.stretch",
        "or state.first.simulations.waiting\n",
        "",
    ),
    "nobody foresees that molecules climb": ("choosing.stretch", "or plan.rungs\n", ""),
    "given models are foreseen to name all": ("choosing.stretch", "or state.given\n", ""),
    "first models are foreseen to name all": ("choosing.stretch", "or plan.labels_first\n", ""),
    "what is begun is foreseen not to be chosen": (
        "choosing.choices",
        "chosen = chosen.insert(molecule)",
        "pass",
    ),
    "what given models name begins at once": ("rules", "or state.given or", "or"),
    "what first models name begins at once": ("rules", "or state.plan.labels_first:", "or False:"),
    "new molecules begin before those that climb": ("rules", "if state.plan.rungs or", "if"),
}
MUTANTS |= LADDER | FORESIGHT


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
    pausing = replace(plan, during_update="pause")
    yield lambda: clock.World(pausing, 5, trouble).run()
    early = replace(plan, predict_early=True, chunk_size=20)
    yield lambda: clock.World(early, 5, trouble).run()
    rung = importlib.import_module(f"{POLICY}.plan").Rung
    ladder = replace(plan, rungs=(rung("dft", 0.4), rung("ccsd", 0.5)))
    for seed in range(3):
        yield lambda seed=seed: clock.World(ladder, seed, trouble).run()
    priced = replace(ladder, promotion="price")
    yield lambda: clock.World(priced, 3, trouble).run()


def fails(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:  # a mutant may break in any way
        return True
    return False
