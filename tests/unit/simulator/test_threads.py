from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.fast

_LOADED_TOO_EARLY = """
import sys
from unittest.mock import patch
from molsteer.simulator import app

def look():
    print({name.partition(".")[0] for name in sys.modules} & {"numpy", "scipy", "rdkit"} or "none")

with patch.object(app, "hold_to_one_thread", look):
    app.simulator_by("xtb")
"""


def test_threads_are_held_to_one_before_a_numerical_library_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED_TOO_EARLY], capture_output=True, text=True, check=True
    )
    assert done.stdout == "none\n"
