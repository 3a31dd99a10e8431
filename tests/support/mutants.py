"""Plants an error in a module's source text, for as long as a `with` block lasts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from pathlib import Path
from types import ModuleType


@contextmanager
def planted(
    package: str, module: str, sound: str, wrong: str, also: tuple[str, ...]
) -> Iterator[None]:
    """Import a package's modules anew with one text replaced in one of them.

    Args:
        package: The package whose submodules are imported again inside the block.
        module: The submodule to change.
        sound: Text that occurs in it once.
        wrong: What stands there instead inside the block.
        also: Other modules to import again, because they import the package.

    Raises:
        ValueError: If the sound text does not occur exactly once.
    """
    name = f"{package}.{module}"
    source = _source_of(name)
    if source.count(sound) != 1:
        raise ValueError(f"{name} holds {source.count(sound)} times, not once: {sound!r}")
    finder = _Changed(name, source.replace(sound, wrong))
    kept = _take_out(package, also)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _take_out(package, also)  # a mutant must not outlive the block
        for loaded, original in kept.items():
            sys.modules[loaded] = original
            parent, _, leaf = loaded.rpartition(".")
            setattr(sys.modules[parent], leaf, original)


def _take_out(package: str, also: tuple[str, ...]) -> dict[str, ModuleType]:
    """Make Python forget the package's submodules, as if they had never been imported."""
    names = [name for name in sys.modules if name.startswith(f"{package}.") or name in also]
    for name in names:
        parent, _, leaf = name.rpartition(".")
        vars(sys.modules[parent]).pop(leaf, None)
    return {name: sys.modules.pop(name) for name in names}


class _Changed(MetaPathFinder, Loader):
    """Finds one module, and runs other source for it than its file holds."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, f"mutant of {self.name}", "exec"), module.__dict__)  # noqa: S102


def _source_of(name: str) -> str:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"There is no module {name}.")
    return Path(spec.origin).read_text(encoding="utf-8")
