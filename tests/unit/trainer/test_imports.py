"""What learning loads: torch-geometric alone takes longer to import than all else together."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.fast

LOADED = """
import sys
import molsteer.inferencer.app, molsteer.inferencer.loaded, molsteer.trainer.app
molsteer.inferencer.app.build(), molsteer.trainer.app.build()
print("torch_geometric" in sys.modules)
"""


def test_surrogates_on_features_do_not_wait_for_the_library_of_graph_networks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
