"""Looks the locked dependencies up among the known vulnerabilities, where there is a network."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).parents[1] / "requirements"
WITHIN_S = 120


def main() -> int:
    """Audit what is locked; give 1 if a dependency is vulnerable, else 0."""
    files = [f"--requirement={REQUIREMENTS / name}" for name in ("lock.txt", "torch.txt")]
    options = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *files, *options],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        dependencies = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        dependencies = []
    vulnerable, summary = judge(dependencies)
    sys.stdout.write("".join(f"{line}\n" for line in (*vulnerable, summary)))
    return 1 if vulnerable else 0


def judge(dependencies: Sequence[Mapping[str, Any]]) -> tuple[list[str], str]:
    """Name every known vulnerability in what pip-audit reports, and sum up in a sentence."""
    audited = [dependency for dependency in dependencies if "vulns" in dependency]
    if not audited:
        return [], "Dependencies were not audited: the advisory service cannot be reached."
    unknown = len(dependencies) - len(audited)
    vulnerable = [line for dependency in audited for line in _vulnerabilities(dependency)]
    return vulnerable, (
        f"{len(audited)} dependencies audited, {len(vulnerable)} known vulnerabilities; "
        f"{unknown} dependencies are not known to the advisory service."
    )


def _vulnerabilities(dependency: Mapping[str, Any]) -> Iterator[str]:
    for found in dependency["vulns"]:
        fixed = ", ".join(found["fix_versions"]) or "no version yet"
        yield f"{dependency['name']} {dependency['version']}: {found['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
