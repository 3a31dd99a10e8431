"""How many cores this process may use, which are often fewer than the machine has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

_GRANTED = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NCPUS")
"""Where Slurm and PBS tell a job its share of this machine, whether or not they hold it to that."""


def usable_cores(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> int:
    """Count the cores that are ours by affinity, batch system and quota; the least of them counts.

    Args:
        environment: Where batch systems tell a job its share.
        root: Where the files of Linux about control groups (cgroups) are.
    """
    affine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min([affine or 1, *_granted(environment), *_quotas(root)]))


def _granted(environment: Mapping[str, str]) -> Iterator[int]:
    for variable in _GRANTED:
        with suppress(ValueError):
            yield int(environment.get(variable, ""))


def _quotas(root: Path) -> Iterator[int]:
    """Give the whole cores of each quota that holds for this process or a group around it."""
    groups = root / "sys" / "fs" / "cgroup"
    for line in _read(root / "proc" / "self" / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # cgroup v2
            for folder in _around(groups, path):
                yield from _cores(*_read(folder / "cpu.max").split())
        elif "cpu" in controllers.split(","):
            for mounted in {groups / "cpu", groups / controllers}:
                for folder in _around(mounted, path):
                    quota, period = (
                        _read(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period")
                    )
                    yield from _cores(quota, period)


def _around(mounted: Path, path: str) -> Iterator[Path]:
    # In a container, the path may be that of the host, and only the top is there.
    relative = PurePosixPath(path.lstrip("/"))
    yield from (mounted / group for group in (relative, *relative.parents))


def _cores(quota: str = "max", period: str = "") -> Iterator[int]:
    with suppress(ValueError, ZeroDivisionError):  # "max" is no quota, nor is an empty file
        if int(quota) > 0:
            yield max(1, int(quota) // int(period))


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_text(encoding="utf-8").strip()
    return ""
