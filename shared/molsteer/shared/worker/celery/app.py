"""The Celery app of a worker: one topic, one task function, processes that may die."""

from __future__ import annotations

import os
import platform
import signal
from functools import cached_property

from celery import Celery, Task, platforms
from celery.app.log import Logging
from celery.exceptions import Reject
from celery.signals import worker_process_init

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.celery_app import settings, task_name, transport_settings
from molsteer.shared.bus.guard import RedisGuard
from molsteer.shared.bus.record import TaskRecord
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.patience import patiently
from molsteer.shared.telemetry.logs import log_to
from molsteer.shared.wire.topics import SERVING
from molsteer.shared.worker.celery.acknowledging import Acknowledging
from molsteer.shared.worker.celery.ahead import Ahead, Latest
from molsteer.shared.worker.celery.batch_end import Departure
from molsteer.shared.worker.celery.dismissal import Dismissal
from molsteer.shared.worker.celery.lost_processes import Aftermath
from molsteer.shared.worker.celery.renewal import Renewal
from molsteer.shared.worker.celery.vital_signs import VitalSigns
from molsteer.shared.worker.execution import Bench, execute_packet
from molsteer.shared.worker.fetching import Fetching
from molsteer.shared.worker.handlers import LazyHandler
from molsteer.shared.worker.place import PlaceNote
from molsteer.shared.worker.plan import WorkerPlan
from molsteer.shared.worker.vitals import Pulse
from molsteer.shared.worker.walltime import RunTimes

PATIENCE_S = 300.0
"""How long a task that is under way, or done, waits for Redis or a store to come back."""


class WorkerApp(Celery):  # type: ignore[misc]  # Celery has no types
    """Runs one topic's tasks in processes of their own.

    It can be rebuilt from its plan, which is how spawned processes get theirs.
    """

    def __init__(self, plan: WorkerPlan) -> None:
        _keep_process_names()
        super().__init__("molsteer", set_as_current=False, log=WorkerLogging)
        self.plan = plan
        self.conf.update(
            settings(plan.queue, [plan.keys.queue(plan.topic)]) | _worker_settings(plan)
        )
        self.steps["consumer"].update([Acknowledging, Ahead, Renewal, VitalSigns])
        if plan.walltime:
            self.steps["consumer"].add(Departure)
        if plan.block:
            self.steps["consumer"].add(Dismissal)
        self.register_task(TopicTask(plan))
        worker_process_init.connect(_leave_hangups_to_the_main_process)

    def __reduce__(self) -> tuple[type[WorkerApp], tuple[WorkerPlan]]:
        return WorkerApp, (self.plan,)

    @cached_property
    def aftermath(self) -> Aftermath:
        """Looks after tasks whose process is gone."""
        return Aftermath(self.plan)

    @cached_property
    def pulse(self) -> Pulse:
        """Tells probes on this machine how the worker is; its folder has to be there."""
        return Pulse(self.plan.scratch, self.plan.topic, self.plan.pool, self.plan.processes)

    @cached_property
    def run_times(self) -> RunTimes:
        """Remembers how long tasks took."""
        return RunTimes()

    @cached_property
    def fetching(self) -> Fetching:
        """Fetches what tasks will need."""
        return Fetching(self.plan)

    @cached_property
    def latest(self) -> Latest:
        """Remembers whether tasks are short."""
        return Latest()


class TopicTask(Task):  # type: ignore[misc]  # Celery has no types
    """The one function that a worker offers to the queue: do what the message says."""

    Request = "molsteer.shared.worker.celery.request:LeasedRequest"
    Strategy = "molsteer.shared.worker.celery.request:take_texts_alone"

    def __init__(self, plan: WorkerPlan) -> None:
        self.name = task_name(plan.topic)
        self._plan = plan

    def run(self, *texts: str) -> None:
        """Do the tasks in a message; what becomes of them is reported, never raised.

        Raises:
            Reject: If Redis was away for long, or tasks took longer than was thought; the message
                goes back to the queue.
        """
        packet = [text.encode(errors="backslashreplace") for text in texts]
        try:
            all_had_their_turn = execute_packet(packet, self._bench)
        except ServiceUnavailable as error:
            raise Reject(str(error), requeue=True) from None
        if not all_had_their_turn:
            raise Reject("Tasks of a packet take long.", requeue=True)

    @cached_property
    def _bench(self) -> Bench:
        # A group of its own: what a task starts can be ended together with its process.
        os.setpgid(0, 0)
        plan, pid = self._plan, os.getpid()
        return Bench(
            worker=f"{platform.node()}:{pid}",
            guard=RedisGuard(self._record(), plan.claim(pid), PATIENCE_S),
            blobs=open_blobs(plan.stores, plan.queue, PATIENCE_S),
            handler=LazyHandler(plan.handler),
            scratch=plan.scratch,
            site=plan.site,
            key_ring=plan.key_ring,
            note_place=PlaceNote(plan.scratch),
        )

    def _record(self) -> TaskRecord:
        plan = self._plan
        return patiently(lambda: TaskRecord(plan.queue, plan.key_ring, at_once=True), PATIENCE_S)


class WorkerLogging(Logging):  # type: ignore[misc]  # Celery has no types
    """Puts our logging in the place of Celery's, in the main process and in each of the pool."""

    def setup(self, *args: object, **options: object) -> bool:  # noqa: ARG002 - Celery's signature
        """Set logging up by the worker's plan."""
        plan: WorkerPlan = self.app.plan
        log_to(f"worker-{plan.topic}", plan.log_level, plan.log_file)
        return True


def _keep_process_names() -> None:
    # Where setproctitle is installed, Celery gives processes names with spaces. Slurm without
    # cgroups then does not find them among a job's processes, and can never end them.
    platforms._setproctitle = None


def _leave_hangups_to_the_main_process(**_: object) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _worker_settings(plan: WorkerPlan) -> dict[str, object]:
    queue, unacked = plan.queue, plan.keys.unacked(plan.topic)
    return {
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_pool": "prefork",
        # A process that forked cannot use CUDA.
        "worker_pool_start_method": "fork" if SERVING[plan.topic].takes_one_core else "spawn",
        "worker_proc_alive_timeout": 120.0,
        "worker_soft_shutdown_timeout": 0.0,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        # A server without memory refuses to note a message; the worker has to outlive that.
        "broker_channel_error_retry": True,
        "broker_transport_options": transport_settings()
        | {
            # Later than the lease, so that a message that comes back finds its task free.
            "visibility_timeout": 1.25 * queue.lease_s,
            "unacked_restore_interval": min(10.0, queue.lease_s / 4),
            # Whoever looks for messages to give back, and dies, keeps others from it no longer.
            "unacked_mutex_expire": queue.lease_s / 4,
            "unacked_restore_throttle": 1,
            "unacked_key": unacked,
            "unacked_index_key": plan.keys.unacked_index(plan.topic),
            "unacked_mutex_key": f"{unacked}:mutex",
        },
    }
