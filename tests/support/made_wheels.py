"""Wheels without content, as an index would offer them."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, requirements: Iterable[str] = ()) -> str:
    """Write the wheel of a distribution into a folder; give its digest as a lock writes it."""
    file_name = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
    information = f"{file_name}.dist-info"
    wheel = folder / f"{file_name}-py3-none-any.whl"
    files = {
        "METADATA": "\n".join([*lines, ""]),
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            # Without a time of its own, so that the same wheel has the same digest.
            archive.writestr(zipfile.ZipInfo(f"{information}/{file}"), text)
    return f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
