"""What can be said of images without building one; `tests/sites` builds and runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DEFINITIONS = sorted((DEPLOY / "apptainer").glob("*.def"))


def script(name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / name], env=os.environ | variables, capture_output=True, text=True, check=False
    )


def test_where_apptainer_is_missing_one_learns_how_to_get_it(tmp_path: Path) -> None:
    for program in ("bash", "cat", "dirname"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    refused = script("apptainer/build.sh", PATH=str(tmp_path))
    assert refused.returncode == 2
    assert refused.stderr.startswith("apptainer is not on the PATH.")
    assert "get_apptainer.sh" in refused.stderr


@pytest.mark.parametrize(
    ("torch", "reason"), [("metal", "TORCH=metal is not supported"), ("rocm", "needs the index")]
)
def test_a_build_of_torch_that_cannot_be_had_is_refused(torch: str, reason: str) -> None:
    refused = script("images/context.sh", TORCH=torch, TORCH_ARGS="")
    assert (refused.returncode, reason in refused.stderr) == (2, True)


def test_all_images_stand_on_the_same_debian() -> None:
    files = [*DEFINITIONS, DEPLOY / "oci" / "Containerfile"]
    found = [re.findall(r"debian@sha256:([0-9a-f]{64})\b", file.read_text()) for file in files]
    assert [len(each) for each in found] == [2, 2, 1], "A stage stands on something else."
    assert len({digest for each in found for digest in each}) == 1


def test_each_app_can_be_run_and_started_and_is_documented() -> None:
    page = (ROOT / "docs" / "sites" / "containers.md").read_text()
    documented = re.findall(r"\| `(\w+)` \| `molsteer-(\w+)\.sif` \| `(molsteer [\w ]+)` \|", page)
    defined = [
        (app, file.stem, command)
        for file in DEFINITIONS
        for app, command in re.findall(
            r'%apprun (\w+)\n    exec (molsteer [\w ]+) "\$@"\n\n'
            r'%appstart \1\n    exec \2 "\$@"\n\n%apphelp \1\n',
            file.read_text(),
        )
    ]
    assert sorted(documented) == sorted(defined)
    assert len(defined) == 4
