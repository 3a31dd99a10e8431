"""What kustomize wrote, taken apart without reading YAML: its layout is always the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_KIND = re.compile(r"^kind: (\S+)$", re.MULTILINE)
_METADATA = re.compile(r"^metadata:\n((?:  .*\n)+)", re.MULTILINE)
_ENTRY = re.compile(r"^  (name|namespace): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object, as YAML."""

    text: str

    @property
    def kind(self) -> str:
        """What it is."""
        found = _KIND.search(self.text)
        return found[1] if found else ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self._metadata.get("name", "")

    @property
    def namespace(self) -> str:
        """Where it is; empty for what is in no namespace."""
        return self._metadata.get("namespace", "")

    @property
    def _metadata(self) -> dict[str, str]:
        found = _METADATA.search(f"{self.text}\n")
        return dict(_ENTRY.findall(found[1])) if found else {}


def manifests_in(text: str) -> tuple[Manifest, ...]:
    """Take apart what kustomize wrote."""
    return tuple(
        Manifest(each.strip("\n")) for each in re.split(r"^---$", text, flags=re.MULTILINE)
    )


def joined(manifests: Iterable[Manifest]) -> str:
    """Put manifests together again."""
    return "\n---\n".join(manifest.text for manifest in manifests) + "\n"


def namespace_of(manifests: Iterable[Manifest]) -> str:
    """Name the namespace that everything is in; empty if it is not one and the same."""
    found = {manifest.namespace for manifest in manifests if manifest.kind != "Namespace"}
    return found.pop() if len(found) == 1 else ""
