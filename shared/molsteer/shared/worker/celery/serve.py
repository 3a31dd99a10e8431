"""Runs a worker until it is told to stop."""

from __future__ import annotations

import os
import platform
import signal
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from celery.exceptions import SecurityWarning
from celery.signals import worker_ready, worker_shutting_down
from celery.worker import state

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.fitness import check_server
from molsteer.shared.host.files.temporary_folders import OwnFolder, remove_folders_of_the_dead
from molsteer.shared.host.last_words import check_shared_memory
from molsteer.shared.host.processes import ending_signals
from molsteer.shared.worker.blocks import WantedBlock
from molsteer.shared.worker.celery.app import WorkerApp
from molsteer.shared.worker.plan import WorkerPlan
from molsteer.shared.worker.undertaker import hire_undertaker

STOP_WITHIN_S = 14.0
"""How long a worker that was told to stop may take, also where the machine is busy.

It is less than the margin before the end of a batch job; batch systems kill after thirty seconds.
"""


def serve(
    plan: WorkerPlan,
    greet: Callable[[], None] = lambda: None,
    decline: Callable[[], None] = lambda: None,
) -> int:
    """Work on a topic's tasks; SIGTERM, SIGINT and SIGHUP hand them back and end the worker.

    A hang-up that came ignored stays so.

    Args:
        plan: What to work on.
        greet: Called when the server and the stores can be used.
        decline: Called instead if nobody wants the worker's block any more.

    Returns:
        The exit status: 0 after a signal, or if the worker is not wanted, else 1.

    Raises:
        ServiceUnavailable: If Redis, a blob store or shared memory cannot be used at the start.
    """
    check_shared_memory()
    check_server(plan.queue.server_url)
    if plan.block and not WantedBlock(plan.queue, plan.topic, plan.block).show(platform.node()):
        decline()
        return 0
    open_blobs(plan.stores, plan.queue).close()
    greet()
    _silence_standard_output()
    # It warns against running as root because a pickle could come in; here none can.
    warnings.simplefilter("ignore", SecurityWarning)
    worker_ready.connect(_interrupt_like_terminate)
    worker_ready.connect(_insist_from_the_first_moment)
    worker_shutting_down.connect(_insist)
    app = WorkerApp(plan)
    worker = app.Worker(
        hostname=f"{plan.topic}@{platform.node()}-{os.getpid()}",
        concurrency=plan.processes,
        queues=[plan.keys.queue(plan.topic)],
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    # Celery starts a worker whose terminal has gone again, unless it takes it for one with one.
    worker._isatty = True
    if signal.SIGHUP in ending_signals():
        signal.signal(signal.SIGHUP, _terminate)
    remove_folders_of_the_dead()
    own = _take_temporary_folder(plan.scratch)
    app.pulse.connect(connected=False)
    app.fetching.start()
    _undertaker = hire_undertaker(own.path, own.lock)  # held, for its pipe says that we live
    worker.start()
    told_to_stop = state.should_terminate is not None or state.should_stop is not None
    return 0 if told_to_stop else 1


def _take_temporary_folder(folder: Path) -> OwnFolder:
    # Whatever this process and its children put aside goes where the undertaker looks.
    own = OwnFolder(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return own


def _silence_standard_output() -> None:
    # Celery talks to the terminal there, and so do Fortran libraries; logs go elsewhere.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _interrupt_like_terminate(**_: object) -> None:
    # Celery's own answer to Ctrl-C waits for tasks that may take hours.
    signal.signal(signal.SIGINT, _terminate)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _insist_from_the_first_moment(**_: object) -> None:
    # Celery gives tasks back before it tells that it ends, and without Redis that takes for ever.
    terminate = signal.getsignal(signal.SIGTERM)

    def insist_and_terminate(number: int, frame: FrameType | None) -> None:
        _insist()
        if callable(terminate):
            terminate(number, frame)

    signal.signal(signal.SIGTERM, insist_and_terminate)


def _insist(**_: object) -> None:
    # A process that waits for a server that is gone keeps Celery from ending. Linux takes the
    # processes down with this one, the undertaker cleans up, and leases lapse.
    end = threading.Timer(STOP_WITHIN_S, os.kill, (os.getpid(), signal.SIGKILL))
    end.daemon = True
    end.start()
