"""What the owner of a campaign asks, and what the campaign answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from molsteer.shared.wire.properties import written
from molsteer.shared.wording import counted
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures import advantage
from molsteer.steering.records.found import valued
from molsteer.steering.records.hits import count_hits
from molsteer.steering.records.watching.story import Story


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and what is known about it."""

    question: str
    answer: str


def answers(story: Story) -> Iterator[Answer]:
    """Answer what people ask first."""
    yield Answer("Is it finding anything?", found(story))
    yield Answer("Is it better than random?", " ".join(against_random(story)))
    yield Answer("Are the machines busy?", busy(story))
    yield Answer("Is anything stuck?", stuck(story))
    yield Answer("What did it cost?", cost(story))


def found(story: Story) -> str:
    """Tell the best molecule and how many hits there are."""
    findings = story.findings
    objective, (best, *_) = findings.leading, (*findings.best(1), None)
    if objective is None:
        return "It has not begun yet: steering has not started its first session."
    known = valued(findings.found, objective.output)
    if best is None and known:
        return f"Not yet: no molecule keeps all limits. {findings.told_of_limits}"
    if best is None:
        return nothing_yet(story)
    value = written(best.value(objective.output) or 0.0, objective.output.unit)
    told = f"The best {objective.output.name.replace('_', ' ')} is {value}, of {best.smiles}."
    if objective.hit is None:
        told = f"{told} No threshold is set, so nothing is called a hit."
        return f"{told} {findings.told_of_limits}".rstrip()
    hits = count_hits(objective, known) or 0
    molecules = counted(len(known), "molecule")
    told = f"{counted(hits, 'hit')} ({bar(objective)}) among {molecules}. {told}"
    return f"{told} {findings.told_of_limits}".rstrip()


def nothing_yet(story: Story) -> str:
    """Say why there is no value."""
    failures = sum(kind.count for kind in story.findings.failures)
    if failures:
        return (
            f"Not yet: no simulation has succeeded, and {counted(failures, 'task')} failed. "
            f"The failures are listed below with the last message of each kind."
        )
    if story.awaited:
        awaited = counted(story.awaited, "simulation")
        return f"Not yet: no simulation has ended; {awaited} ordered."
    return "Not yet: no simulation has ended, and none is ordered."


def against_random(story: Story) -> Iterator[str]:
    """Compare what models chose with what was drawn at random, objective by objective."""
    compared = story.findings.against_chance
    for each in compared:
        title = story.findings.title(each.objective.output)
        yield f"{title}: {advantage.told(each)}" if len(compared) > 1 else advantage.told(each)
    if not compared:
        yield "There is nothing to compare yet: models, chance or both have chosen no molecule."
    if story.findings.starter != "random":
        yield (
            f"The first molecules are those of the {story.findings.starter} start, which are no "
            f"random sample and do not count."
        )


def busy(story: Story) -> str:
    """Tell how many workers there were, and which share of their time they worked."""
    machines = story.machines
    told = []
    for topic in ("simulate", "train", "infer"):
        share = machines.busy_share(topic) if machines else None
        if machines and share is not None:
            told.append(f"{topic}: {counted(len(machines.of(topic)), 'worker')}, {share:.0%} busy")
    if not told:
        return "No worker has ended a task yet."
    return f"{'; '.join(told)} (each from its first task to the last result)."


def stuck(story: Story) -> str:
    """Tell what is awaited and what failed."""
    findings = story.findings
    failures = sum(kind.count for kind in findings.failures)
    told = []
    if findings.finished is None:
        state = {True: "It runs", False: "It does not run now", None: "It may be running"}
        told.append(f"{state[story.runs]}; {counted(story.awaited, 'simulation')} awaited.")
    if failures:
        worst = findings.failures[0]
        most = "" if worst.count == failures else f"most often as {worst.count} x "
        told.append(f"{counted(failures, 'task')} failed ({most}{worst.code}).")
    else:
        told.append("Nothing failed.")
    return " ".join(told)


def cost(story: Story) -> str:
    """Tell the processor time."""
    tasks = story.findings.tasks
    if not tasks:
        return "Nothing yet: no task has ended."
    by_topic = {topic: sum(t.cpu_s for t in tasks if t.topic == topic) for topic in _topics(story)}
    listed = ", ".join(f"{topic} {core_time(cpu_s)}" for topic, cpu_s in by_topic.items())
    return f"{core_time(sum(by_topic.values()))} of processor time ({listed})."


def _topics(story: Story) -> list[str]:
    there = {task.topic for task in story.findings.tasks}
    return [topic for topic in ("simulate", "train", "infer") if topic in there]


def core_time(seconds: float) -> str:
    """Write processor time in the unit that it deserves."""
    if seconds < 600.0:
        return f"{seconds / 60.0:.2g} core-minutes"
    return f"{hours(seconds)} core-hours"


def hours(seconds: float) -> str:
    """Write hours with as many digits as they deserve."""
    value = seconds / 3600.0
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else "0"
