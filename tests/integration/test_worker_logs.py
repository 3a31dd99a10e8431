"""What a real worker writes while its server is away."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from support.redis_server import tcp_server
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import start_worker

from molsteer.shared.bus.redis import RedisDispatch


def test_a_server_that_is_away_is_told_once_however_often_a_worker_asks(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        worker = start_worker(server.queue, tmp_path)
        try:
            port = int(server.url.rpartition(":")[2].partition("/")[0])
            server.kill()
            with socket.create_server(("127.0.0.1", port)) as deaf:
                for _ in range(4):  # a cause may be told in several ways, each of them once
                    connection, _ = deaf.accept()
                    connection.close()
            server.start()
            eventually(lambda: worker.is_ready(server.queue))
            lines = worker.log()
            told = [
                re.sub(r"[0-9.]+", "#", str(line["message"]))
                for line in lines
                if "Cannot connect" in str(line["message"])
            ]
            assert told
            assert len(told) == len(set(told))
            dispatch = RedisDispatch(server.queue, "campaign")
            dispatch.publish(simulate_task("echo"))
            (outcome,) = dispatch.collect(240.0)
            dispatch.close()
            eventually(lambda: any(each["message"] == "Task ended." for each in worker.log()))
        finally:
            worker.kill()
    of_task = [line for line in worker.log() if "Task " in str(line["message"])]
    assert {(line["campaign"], line["task_id"]) for line in of_task} == {
        ("campaign", outcome.task_id)
    }
