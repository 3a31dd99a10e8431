"""What a worker uses, as Linux and NVIDIA's program tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

from molsteer.shared.host.gpus import GpuUse, GpuWatch
from molsteer.shared.host.usage import use_of

pytestmark = pytest.mark.fast

_GREEDY = "data = bytearray(range(256)) * 400_000\nprint(flush=True)\ninput()"


def test_memory_and_processor_time_are_those_of_the_whole_tree() -> None:
    before = use_of(os.getpid())
    assert before is not None
    child = subprocess.Popen(
        ["sh", "-c", f"'{sys.executable}' -c '{_GREEDY}'; true"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    during = use_of(os.getpid())
    child.communicate(b"\n")
    after = use_of(os.getpid())
    assert during is not None
    assert after is not None
    assert during.memory_bytes - before.memory_bytes > 90_000_000
    assert after.memory_bytes - before.memory_bytes < 50_000_000
    assert before.cpu_s <= during.cpu_s <= after.cpu_s + 0.1


def test_a_process_that_is_gone_uses_nothing_that_could_be_told() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert use_of(process.pid) is None


def smi(folder: Path, text: str) -> list[str]:
    file = folder / "nvidia-smi"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return [str(file)]


def test_gpus_are_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    watch = GpuWatch({}, smi(tmp_path, "echo 'GPU-a, 50, 1000'; echo 'GPU-b, 100, 24'"))
    assert watch.look() is None  # the answer is not there yet
    assert eventually(watch.look) == GpuUse(2, 0.75, 1024 << 20, ("GPU-a", "GPU-b"))
    watch.close()


def test_only_the_gpus_that_are_ours_are_asked_about(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    watch = GpuWatch(
        {"CUDA_VISIBLE_DEVICES": "1,3"}, smi(tmp_path, f"echo $@ > {asked}; echo 'GPU-a, [N/A], 7'")
    )
    assert eventually(watch.look) == GpuUse(1, None, 7 << 20, ("GPU-a",))
    assert asked.read_text() == "--id=1,3\n"
    watch.close()
    hidden = GpuWatch({"CUDA_VISIBLE_DEVICES": ""}, smi(tmp_path, "echo 'GPU-a, 1, 1'"))
    assert hidden.look() is None


@pytest.mark.parametrize("text", ["exit 9", "echo No devices were found", ""])
def test_where_no_gpu_is_told_it_is_asked_no_more(tmp_path: Path, text: str) -> None:
    count = tmp_path / "count"
    watch = GpuWatch({}, smi(tmp_path, f"echo x >> {count}; {text}"))
    eventually(lambda: watch.look() is None and watch._gives_up)
    for _ in range(5):
        assert watch.look() is None
    assert count.read_text() == "x\n"
    assert GpuWatch({}, ["/no/such/nvidia-smi"]).look() is None


def test_a_program_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    watch = GpuWatch({}, smi(tmp_path, "exec sleep 600"))
    for _ in range(3):
        assert watch.look() is None
    watch.close()
