from __future__ import annotations

import pytest
from support.molecules import some_molecules

from molsteer.shared.wire.graphs import PackedGraphs


@pytest.fixture(scope="session")
def graphs() -> PackedGraphs:
    return some_molecules(40)
