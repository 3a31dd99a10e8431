"""What QCEngine tells of a failure, which is often the whole output of a program, to its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from molsteer.shared.errors import TaskError
from molsteer.shared.wire.levels import Recipe
from molsteer.simulator.errors import NotConverged, ScfFailed
from molsteer.simulator.molecule.species import ElectronicState, Species
from molsteer.simulator.port import Record
from molsteer.simulator.programs.errors import OutOfMemory, ProgramFailed, RecipeRefused

_GEOMETRY = re.compile(
    r"GeomOptNotConvergedError|Failed to converge in maximum number of steps", re.IGNORECASE
)
_DENSITY = re.compile(
    r"The computation failed to converge|calculation failed to converge|SCF failed to converge"
    r"|did not converge|convergence criteria are not met",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"out of memory|insufficient memory|memory limit unreasonable|not enough memory"
    r"|unable to allocate|MA_\w+: .*(could not|failed)|allocation failed",
    re.IGNORECASE,
)
_BASIS = re.compile(
    r"error in the specified basis set|failed opening basis file|basis set .*not found"
    r"|bas_tag_lib|no basis (set )?(functions )?(for|on) ",
    re.IGNORECASE,
)
_MODEL = re.compile(r"Method not recognized|unknown (method|functional|theory)", re.IGNORECASE)
_KEYWORD = re.compile(
    r"unrecognized (directive|keyword|input)|unknown (keyword|directive|option)", re.IGNORECASE
)
_NOISE = re.compile(
    r"^(NoneType: None|TRACEBACK:|STDERR:|STDOUT:|-{5,}|={5,}|\*{5,}|For further.*)$"
)
_TOLD = 200


@dataclass(frozen=True, slots=True)
class Failing:
    """Which calculation failed."""

    species: Species
    state: ElectronicState
    recipe: Recipe
    max_steps: int

    def reason(self, record: Record) -> TaskError:
        """Find the kind of a failure."""
        text, smiles, program = _text(record), self.species.smiles, self.recipe.program
        if _GEOMETRY.search(text):
            why = "its last step was not the last"
            return NotConverged(smiles, self.state.name, self.max_steps, why)
        if match := _MEMORY.search(text):
            return OutOfMemory(smiles, program, _line(text, match))
        if match := _BASIS.search(text):
            what = f"the basis set {self.recipe.basis!r} for {smiles!r}"
            cure = "Name one that it has for all elements of the molecules"
            return RecipeRefused(program, what, _line(text, match), cure)
        if match := _MODEL.search(text):
            what = f"the model {self.recipe.model!r}"
            return RecipeRefused(program, what, _line(text, match), "Name one that it knows")
        if match := _KEYWORD.search(text):
            cure = "Mend the level's keywords; QCEngine's documentation tells how they are written"
            return RecipeRefused(program, "a keyword", _line(text, match), cure)
        if match := _DENSITY.search(text):
            cure = "Allow more iterations by the level's keywords"
            line = _line(text, match)
            return ScfFailed(self.state.charge, self.state.unpaired, line, cure)
        return ProgramFailed(smiles, self.state.name, program, _last_line(text))


def _text(record: Record) -> str:
    match record.get("error"):
        case {"error_message": str(message)}:
            return message
    return ""


def _line(text: str, match: re.Match[str]) -> str:
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    return _short(text[start : end if end >= 0 else len(text)])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if line and not _NOISE.match(line)]
    return _short(told[-1]) if told else "it gave no reason"


def _short(line: str) -> str:
    return " ".join(line.split()).removeprefix("QCEngine ").rstrip(".:")[:_TOLD]
