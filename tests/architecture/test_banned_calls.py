"""Nothing in the program runs what it reads: no pickles, no code from text, no shells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
FOLDERS = ("shared", "services", "scripts", "bench", "examples")

MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "telnetlib"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
CALLS = {
    *("torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle"),
    *("os.system", "os.popen", "subprocess.getoutput", "tempfile.mktemp"),
    *("ssl._create_unverified_context", "tarfile.open", "shutil.unpack_archive"),
}
KEYWORDS = {("allow_pickle", True), ("shell", True), ("weights_only", False), ("verify", False)}


def programs() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def banned(source: str) -> list[str]:
    """Name what a program must not do, with its lines."""
    return [
        f"line {getattr(node, 'lineno', '?')}: {name}"
        for node in ast.walk(ast.parse(source))
        for name in names(node)
        if name.split(".")[0] in MODULES or name in CALLS | BUILTINS | set(map(str, KEYWORDS))
    ]


def names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=found):
            yield from (alias.name for alias in found)
        case ast.ImportFrom(module=str(module), names=found):
            yield from (f"{module}.{alias.name}" for alias in found)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            yield f"{module}.{name}"
        case ast.Call(func=ast.Name(id=name)):
            yield name
        case ast.keyword(arg=str(name), value=ast.Constant(value=value)):
            yield str((name, value))


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib.numpy_pickle import load",
        "import torch\ntorch.load(file)",
        "from torch import load",
        "numpy.load(file, allow_pickle=True)",
        "torch.load(file, weights_only=False)",
        "yaml.load(text)",
        "eval(text)",
        "exec(text)",
        "subprocess.run(line, shell=True)",
        "os.system(line)",
        "requests.get(url, verify=False)",
        "tarfile.open(file).extractall()",
    ],
)
def test_what_is_banned_is_found(source: str) -> None:
    assert banned(source)


@pytest.mark.parametrize(
    "source", ["import json", "re.compile(text)", "model.eval()", "numpy.load(file)", "xp.load(f)"]
)
def test_what_is_harmless_is_not(source: str) -> None:
    assert not banned(source)


@pytest.mark.parametrize(
    "program", sorted(programs()), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_program_runs_nothing_that_it_reads(program: Path) -> None:
    assert not banned(program.read_text(encoding="utf-8"))
