"""One thread for each simulation: workers, not threads, fill the cores."""

from __future__ import annotations

import os


def hold_to_one_thread() -> None:
    """Keep the numerical libraries that this process has not loaded yet to a single thread.

    They read these variables once, while they are loaded, so this comes before their import. It
    overrides the environment: batch systems set it to the cores of the node, and a worker on each
    core with that many threads would be many times too much.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["MKL_NUM_THREADS"] = "1"
