"""How many blocks there should be now: a pure decision, for one service at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a profile says of a service's blocks.

    Attributes:
        least: Blocks that are always there.
        most: Blocks that there are never more than, those that end soon included.
        slots: Tasks that a block does at once.
        idle_s: How long there must be no task before blocks beyond the least are given back.
    """

    least: int
    most: int
    slots: int
    idle_s: float


@dataclass(frozen=True, slots=True)
class Demand:
    """What there is to do.

    Attributes:
        tasks: Tasks that wait or run now.
        left: Tasks that are still to be done, published or not; never fewer than `tasks`.
        task_s: Seconds that a task takes; 0 where that is not known.
        wait_s: Seconds that a new block will wait in the queue.
        quiet_s: Seconds since there was a task last.
    """

    tasks: int
    left: int
    task_s: float
    wait_s: float
    quiet_s: float


@dataclass(frozen=True, slots=True)
class Submitted:
    """A block that was submitted and has not ended.

    Attributes:
        waiting: Whether it waits for nodes.
        left_s: Seconds until it ends at the latest; infinite if it waits or that is not known.
    """

    waiting: bool
    left_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about blocks.

    Attributes:
        submit: Blocks to add.
        cancel_waiting: Blocks that wait for nodes and will have nothing to do.
        cancel_running: Blocks that run and have had nothing to do for long.
    """

    submit: int = 0
    cancel_waiting: int = 0
    cancel_running: int = 0


def decide(limits: Limits, demand: Demand, blocks: Sequence[Submitted]) -> Change:
    """Tell how many blocks to add or to give back.

    Blocks are added for tasks that will still be there when a new block starts, and in time for
    those that end sooner than that. Running blocks are given back only after a long time without
    any task, for nobody knows which of them are idle.
    """
    useful = _useful(limits, demand, blocks)
    wanted = max(limits.least, min(useful, limits.most))
    waiting = sum(block.waiting for block in blocks)
    lasting = sum(block.waiting or block.left_s > demand.wait_s for block in blocks)
    missing = min(wanted - lasting, limits.most - len(blocks))
    if missing > 0:
        return Change(submit=missing)
    quiet = not demand.tasks and demand.quiet_s >= limits.idle_s
    in_vain = quiet or (demand.tasks > 0 and not useful)
    unneeded = min(waiting, max(0, lasting - wanted)) if in_vain else 0
    idle = lasting - unneeded - wanted if quiet else 0
    return Change(cancel_waiting=unneeded, cancel_running=max(0, idle))


def _useful(limits: Limits, demand: Demand, blocks: Sequence[Submitted]) -> int:
    """Count the blocks that would have work at once, when a new one would start."""
    at_once = math.ceil(demand.tasks / limits.slots)
    if not demand.task_s:
        return at_once
    running = sum(not block.waiting for block in blocks)
    done_before = running * limits.slots * demand.wait_s / demand.task_s
    still_there = demand.left - math.floor(min(demand.left, done_before))
    return min(at_once, math.ceil(still_there / limits.slots))
