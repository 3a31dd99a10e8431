"""Changes one line of the code at a time, in a copy, and tells which changes no test notices."""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mutations import Mutant, mutants_of

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"(shared|services/\w+)/molsteer/.*\.py")
NOTHING_RAN = 5  # pytest's status where no test was chosen


def changed_lines(diff: str) -> dict[str, set[int]]:
    """Read which lines are new in each file of what `git diff -U0` shows."""
    lines: dict[str, set[int]] = {}
    for name, first, count in re.findall(r"^\+\+\+ b/(.*)|^@@ .*\+(\d+)(?:,(\d+))? @@", diff, re.M):
        if name:
            here = lines.setdefault(name, set())
        else:
            here.update(range(int(first), int(first) + int(count or 1)))
    return lines


def likely_tests(path: str) -> str:
    """Name the folder of unit tests that is nearest to a file of the code."""
    parts = Path(path.partition("/molsteer/")[2]).parent
    folders = [Path("tests/unit", parts), *Path("tests/unit", parts).parents]
    return next(str(folder) for folder in folders if (ROOT / folder).is_dir())


class Copy:
    """A copy of the tree, with all that is not committed yet, in which changes are tried."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        for name in _files():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.tree / name)
        packages = (self.tree / "shared", *sorted((self.tree / "services").iterdir()))
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, packages)),
            "PYTHONDONTWRITEBYTECODE": "1",  # stale bytecode hides a change of the same length
            "TMPDIR": str(folder),
        }

    def survives(self, mutant: Mutant, within_s: float) -> bool:
        """Try a change: the tests that are likely to notice it, then the others."""
        file, likely = self.tree / mutant.path, likely_tests(mutant.path)
        sound = file.read_bytes()
        file.write_bytes(mutant.of(sound))
        try:
            return self.passes(within_s, likely) and self.passes(within_s, f"--ignore={likely}")
        finally:
            file.write_bytes(sound)

    def passes(self, within_s: float | None, *chosen: str) -> bool:
        """Run fast tests until one fails; what hangs fails."""
        tests = [sys.executable, "-m", "pytest", "-m", "fast", "-xq", "-p", "no:cacheprovider"]
        running = subprocess.Popen(
            [*tests, *chosen],
            cwd=self.tree,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return running.wait(within_s) in (0, NOTHING_RAN)
        except subprocess.TimeoutExpired:
            return False
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def choose(count: int, seed: int, since: str | None, within: Sequence[str]) -> list[Mutant]:
    """Draw changes of the code, or of the lines of it that are new since a revision."""
    found: list[Mutant] = []
    changed = changed_lines(_git("diff", "-U0", "--dst-prefix=b/", since, "--")) if since else {}
    for path in filter(CODE.fullmatch, sorted(_files())):
        if not within or path.startswith(tuple(within)):
            mutants = mutants_of(path, (ROOT / path).read_bytes())
            found += [one for one in mutants if not since or one.line in changed.get(path, ())]
    return random.Random(seed).sample(found, min(count, len(found)))  # noqa: S311


def main() -> None:
    """Try as many changes as asked for; print those that survive, then how many did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--since", help="change only what is new since then, in files git knows")
    parser.add_argument("within", nargs="*", help="folders or files to change, as git names them")
    asked = parser.parse_args()
    chosen = choose(asked.count, asked.seed, asked.since, asked.within)
    if not chosen:
        sys.exit("There is no code to change there; name folders as git does.")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy, begun = Copy(Path(folder)), time.monotonic()
        _say(f"{len(chosen)} changes are tried, after the tests without any; this takes a while.")
        if not copy.passes(None):
            sys.exit("A fast test fails without any change; mend it first.")
        within_s = 60 + 5 * (time.monotonic() - begun)
        survivors = 0
        for mutant in chosen:
            if copy.survives(mutant, within_s):
                survivors += 1
                diff = mutant.diff((ROOT / mutant.path).read_bytes())
                _say(f"\n{mutant.path}:{mutant.line}\n{diff}")
    _say(f"\n{len(chosen) - survivors} changes were noticed, {survivors} were not.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # whoever reads it through a pipe waits for minutes otherwise


def _files() -> list[str]:
    """List what git has or would take."""
    return [
        name
        for name in _git("ls-files", "-co", "--exclude-standard", "-z").split("\0")
        if (ROOT / name).is_file()
    ]


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(2)  # git has said why
    return done.stdout


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(130))  # and nothing is left behind
    main()
