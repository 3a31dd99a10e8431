"""What a task and a megabyte cost at a site behind a long line; needs root, for it makes the line.

    PYTHONPATH=tests python bench/long_line.py [DELAY_MS] [LOSS]

Redis is at one end. At the other end, a worker does empty tasks one after the other, and processes
read the chunks of a search space, put weights and read them. Then whole campaigns, by turns with
and without fetching ahead, train and score there a space of as many chunks, with models and
chemistry that take no time. Prints a table, and as its last line the same as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.external_campaign import HANDLERS, ExternalCampaign
from support.far_sites import NEAR_ADDRESS, FarSites, far_sites
from support.redis_server import free_port
from support.synthetic_space import synthetic_space
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import launch_worker

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.embedded_server import find_server
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import Placement

TASKS = 20
CHUNKS, CHUNK_BYTES = 20, 500_000
"""More chunks than a process remembers."""
CHUNK_MOLECULES, TURNS = 8_000, 3
WAYS = {
    "on demand": {"MOLSTEER_STORES__AHEAD_BYTES": "0"},
    "ahead": {},
    "ahead, two slots": {"MOLSTEER_INFER__SLOTS": "2"},
}
START_S = 15.0
"""How long the simulations before the first update take, which is little."""

_FAR = """
import json, sys, time
from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import ObjRef, Placement
url, kept, mode = sys.argv[1:4]
stores = StoreSettings(keep_directory=kept or None)
blobs = open_blobs(stores, QueueSettings(redis_url=url))
begun = time.perf_counter()
if mode == "put":
    blobs.put(bytes(range(250)) * 20_000, "raw", Placement(store="redis", threshold_bytes=0))
else:
    for text in json.loads(sys.stdin.read()):
        blobs.raw(ObjRef.model_validate(text))
print(time.perf_counter() - begun)
"""


def main() -> None:
    """Measure, and print."""
    delay_ms, loss = (float(text) for text in (*sys.argv[1:], "25", "0.01")[:2])
    rows: dict[str, dict[str, float]] = {}
    for name, delay_s, lost in (("short", 0.0, 0.0), ("long", delay_ms / 1000, loss)):
        with tempfile.TemporaryDirectory() as folder:
            rows[name] = _measured(Path(folder), delay_s, lost)
    names = list(rows["long"])
    print(f"{'':38} {'short line':>12} {'long line':>12}")
    for name in names:
        print(f"{name:38} {rows['short'][name]:12.3f} {rows['long'][name]:12.3f}")
    print(json.dumps({"delay_ms": delay_ms, "loss": loss, **rows}))


def _measured(folder: Path, delay_s: float, loss: float) -> dict[str, float]:
    with far_sites(folder, delay_s, loss) as sites, _server(folder, sites) as (near, far):
        found = _of_tasks(folder, sites, near, far)
        refs = _chunks(near)
        for mode, kept in (("not kept", ""), ("kept", str(folder / "kept"))):
            for time_ in ("first", "second"):
                before = sites.sent_bytes
                taken_s = _at_far(sites, far, kept, "get", refs)
                found[f"chunks, {mode}, {time_} update, s"] = taken_s
                found[f"chunks, {mode}, {time_} update, MB"] = _moved_mb(sites, before)
        found["5 MB put, s"] = _at_far(sites, far, "", "put", "")
        space = synthetic_space(folder / "space", CHUNKS * CHUNK_MOLECULES, CHUNK_MOLECULES)
        runs: dict[str, list[float]] = defaultdict(list)
        for turn in range(TURNS):
            for way, settings in WAYS.items():
                here = folder / f"{turn}-{way}"
                here.mkdir()
                for name, value in _of_update(here, space.folder, sites, near, far, settings):
                    runs[f"update, {way}: {name}"].append(value)
        return found | {name: statistics.median(values) for name, values in runs.items()}


def _of_update(
    folder: Path,
    space: Path,
    sites: FarSites,
    near: QueueSettings,
    far: QueueSettings,
    settings: Mapping[str, str],
) -> Iterator[tuple[str, float]]:
    """Run a campaign with one update, whose first simulations take a while."""
    campaign = ExternalCampaign(folder, near, space, budget=12)
    campaign.with_updates()
    campaign.settings |= settings
    campaign.hold(after=7)
    kept = {"MOLSTEER_STORES__KEEP_DIRECTORY": str(folder / "kept"), "TOY_FOLDER": str(folder)}
    with ExitStack() as stack:
        stack.enter_context(campaign.worker())
        for topic in ("train", "infer"):
            handler = f"support.toy_services:{HANDLERS[topic]}"
            through = sites.at(sites.far)
            worker = launch_worker(
                far, folder, topic=topic, handler=handler, through=through, **kept, **settings
            )
            stack.callback(worker.kill)
            eventually(lambda worker=worker: worker.is_ready(near), 120.0)
        steering = stack.enter_context(campaign.steered())
        campaign.await_labels(7)
        time.sleep(START_S)
        campaign.release()
        campaign.await_end(steering)
    (begun,) = campaign.rows("SELECT min(created_at) FROM task WHERE topic = 'train'")
    scored = " FROM task WHERE topic = 'infer'"
    first, last, span, busy, waited = (
        float(campaign.rows(f"SELECT {what}{scored}")[0])
        for what in (
            *("min(settled_at)", "max(settled_at)", "max(reported_at) - min(started_at)"),
            "sum(reported_at - started_at)",
            "(SELECT sum(duration_s) FROM transfer JOIN task USING (task_id) WHERE topic = 'infer'"
            " AND side = 'worker' AND operation IN ('get', 'cached'))",
        )
    )
    yield "first chunk, s", first - float(begun)
    yield "last chunk, s", last - float(begun)
    yield "reading, s", waited
    yield "idle share", 1.0 - busy / span


def _of_tasks(
    folder: Path, sites: FarSites, near: QueueSettings, far: QueueSettings
) -> dict[str, float]:
    bus = RedisDispatch(near, "bench")
    worker = launch_worker(far, folder, through=sites.at(sites.far))
    try:
        bus.publish(simulate_task(campaign="bench", number=0))
        eventually(lambda: bus.collect(0.1), 60.0)  # everything is loaded and connected
        before, begun = sites.sent_bytes, time.perf_counter()
        for number in range(1, TASKS + 1):
            bus.publish(simulate_task(campaign="bench", number=number))
        eventually(lambda: len(bus.collect(0.05)) > TASKS, 300.0)
        taken_s = (time.perf_counter() - begun) / TASKS
        return {"empty task, s": taken_s, "empty task, MB": _moved_mb(sites, before) / TASKS}
    finally:
        worker.kill()
        bus.close()


def _chunks(near: QueueSettings) -> str:
    blobs, placement = (
        open_blobs(StoreSettings(), near),
        Placement(store="redis", threshold_bytes=0),
    )
    refs = [blobs.put(os.urandom(CHUNK_BYTES), "raw", placement) for _ in range(CHUNKS)]
    blobs.close()
    return json.dumps([ref.model_dump(mode="json") for ref in refs])


def _at_far(sites: FarSites, far: QueueSettings, kept: str, mode: str, refs: str) -> float:
    command = [*sites.at(sites.far), sys.executable, "-c", _FAR, far.redis_url, kept, mode]
    done = subprocess.run(command, input=refs, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def _moved_mb(sites: FarSites, before: int) -> float:
    time.sleep(0.2)  # the line tells what it carried now and then
    return (sites.sent_bytes - before) / 1e6


@contextmanager
def _server(folder: Path, sites: FarSites) -> Iterator[tuple[QueueSettings, QueueSettings]]:
    port, socket = free_port(), folder / "redis.sock"
    options = f"bind {NEAR_ADDRESS}\nport {port}\nprotected-mode no\nunixsocket {socket}\nsave ''\n"
    command = [*sites.at(sites.near), find_server(), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as server:
        assert server.stdin is not None
        server.stdin.write(options.encode())
        server.stdin.close()
        try:
            eventually(socket.exists)
            near = QueueSettings(redis_url=f"unix://{socket}?db=0")
            yield near, QueueSettings(redis_url=f"redis://{NEAR_ADDRESS}:{port}/0")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
