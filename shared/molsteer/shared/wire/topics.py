"""The topics that tasks belong to, and the pools of workers that take them."""

from __future__ import annotations

from typing import Literal

Topic = Literal["simulate", "train", "infer"]
TOPICS: tuple[Topic, ...] = ("simulate", "train", "infer")

DEFAULT_POOL = "default"
"""The pool of workers that were given none."""
