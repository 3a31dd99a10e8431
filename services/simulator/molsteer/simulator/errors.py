"""Why a molecule has no label: every deliberate failure of the simulator.

    TaskError
    ├── BadSmiles            not one connected molecule that can be ionized (a UserError too)
    ├── UnsupportedElement   no parameters for an element (a UserError too)
    ├── WrongMultiplicity    a multiplicity that was asked for does not fit (a UserError too)
    ├── UnknownProperty      the method gives no such property (a UserError too)
    ├── UnknownSolvent       the method knows no such solvent (a UserError too)
    ├── SolventMissing       a property of molecules in a solvent, without one (a UserError too)
    ├── PropertyMissing      an answer lacks what was asked for (a UserError too)
    ├── EngineMissing        the program is not installed here (a UserError too)
    ├── NotByEngine          the program does not offer it, another one does (a UserError too)
    ├── EmbeddingFailed      no three-dimensional geometry was found
    ├── ScfFailed            the density did not settle
    ├── NotConverged         the geometry did not settle
    ├── Dissociated          the molecule became another one, or fell apart
    ├── NotInTable           the table that is replayed has no such molecule
    ├── NoRecordedValue      the table has no value of it
    ├── TableMissing         the table cannot be read here (a UserError too)
    ├── EngineCrashed        the process that computed it died
    ├── TimeLimit            the task would have outlived its hard limit
    └── ProgramError         another program was of no use: see `programs.errors`

The same molecule meets the same failure again, so only those that depend on where and when the
task runs are worth a retry: `EngineMissing`, `TableMissing` and `TimeLimit`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Literal

from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.suggestions import did_you_mean

StateName = Literal["neutral", "cation", "anion"]
"""The molecule as its SMILES gives it, with one electron less, and with one more."""


class BadSmiles(TaskError, UserError):
    """A SMILES string that does not name one connected molecule that can be ionized."""

    code: ClassVar[str] = "bad-smiles"

    def __init__(self, smiles: str, reason: str) -> None:
        super().__init__(f"The SMILES {smiles!r} cannot be simulated: {reason}")
        self.smiles, self.reason = smiles, reason


class UnsupportedElement(TaskError, UserError):
    """An element for which the level of theory has no parameters."""

    code: ClassVar[str] = "unsupported-element"

    def __init__(self, smiles: str, element: str, last: str = "radon") -> None:
        super().__init__(
            f"The SMILES {smiles!r} contains {element}, for which the level of theory has no "
            f"parameters. Choose molecules of the elements hydrogen to {last}."
        )
        self.smiles, self.element = smiles, element


class WrongMultiplicity(TaskError, UserError):
    """A multiplicity that a number of electrons cannot have."""

    code: ClassVar[str] = "wrong-multiplicity"

    def __init__(self, smiles: str, state: StateName, multiplicity: int, electrons: int) -> None:
        parity = "an odd" if electrons % 2 == 0 else "an even"
        super().__init__(
            f"The {state} of {smiles!r} has {electrons} outer electrons, which do not fit a "
            f"multiplicity of {multiplicity}. Ask for {parity} one, {electrons + 1} at most, or "
            f"leave it to the rule."
        )
        self.smiles, self.state = smiles, state
        self.multiplicity, self.electrons = multiplicity, electrons


class UnknownProperty(TaskError, UserError):
    """A property that a method does not give."""

    code: ClassVar[str] = "unknown-property"

    def __init__(self, method: str, name: str, offered: Collection[str]) -> None:
        super().__init__(
            f"The method {method!r} gives no property {name!r}.{did_you_mean(name, offered)} "
            f"It gives {', '.join(offered)}."
        )
        self.method, self.name, self.offered = method, name, tuple(offered)


class UnknownSolvent(TaskError, UserError):
    """A solvent that a method does not know."""

    code: ClassVar[str] = "unknown-solvent"

    def __init__(self, method: str, solvent: str, known: Collection[str]) -> None:
        super().__init__(
            f"The method {method!r} knows no solvent {solvent!r}.{did_you_mean(solvent, known)} "
            f"It knows {', '.join(known)}."
        )
        self.method, self.solvent, self.known = method, solvent, tuple(known)


class SolventMissing(TaskError, UserError):
    """A property of molecules in a solvent, at a level that is in vacuum."""

    code: ClassVar[str] = "solvent-missing"

    def __init__(self, method: str, name: str) -> None:
        super().__init__(
            f"The property {name!r} of the method {method!r} needs a solvent, and the level has "
            f"none. Name one, as water, or leave the property out."
        )
        self.method, self.name = method, name


class PropertyMissing(TaskError, UserError):
    """An answer without a property that was asked for, or with it in another unit."""

    code: ClassVar[str] = "property-missing"

    def __init__(
        self, level: str, name: str, unit: str, given_unit: str | None, given: Collection[str]
    ) -> None:
        if given_unit is None:
            told = f"gives no {name!r}.{did_you_mean(name, given)} It gives {', '.join(given)}"
            cure = f"Ask for one of these, or mend the package that offers {level!r}."
        else:
            told = f"gives {name!r} {_in(given_unit)}, and it is understood {_in(unit)}"
            cure = f"Ask for it {_in(given_unit)}, or mend the package that offers {level!r}."
        super().__init__(f"The level {level!r} {told}. {cure}")
        self.level, self.name, self.unit = level, name, unit
        self.given_unit, self.given = given_unit, tuple(given)


class EngineMissing(TaskError, UserError):
    """A program that is not installed where the task ran."""

    code: ClassVar[str] = "engine-missing"
    retryable: ClassVar[bool] = True

    def __init__(self, engine: str, package: str) -> None:
        super().__init__(
            f"The engine {engine!r} needs the Python package {package!r}, which cannot be imported "
            f"here. Install it, or choose another engine; 'auto' takes one that is installed."
        )
        self.engine, self.package = engine, package


class NotByEngine(TaskError, UserError):
    """Something that a program does not offer, and another one does."""

    code: ClassVar[str] = "not-by-engine"

    def __init__(self, engine: str, what: str, another: str) -> None:
        super().__init__(
            f"The engine {engine!r} does not offer {what}. Choose the engine {another!r}."
        )
        self.engine, self.what, self.another = engine, what, another


class EmbeddingFailed(TaskError):
    """A molecule for which distance geometry finds no three-dimensional structure."""

    code: ClassVar[str] = "embedding-failed"

    def __init__(self, smiles: str, atoms: int) -> None:
        super().__init__(
            f"No three-dimensional geometry was found for {smiles!r} ({atoms} atoms). "
            f"Check its stereochemistry and ring fusions; the molecule may be impossibly strained."
        )
        self.smiles, self.atoms = smiles, atoms


class ScfFailed(TaskError):
    """A density that did not become self-consistent."""

    code: ClassVar[str] = "scf-failed"

    def __init__(
        self, charge: int, unpaired: int, reason: str, cure: str = "Loosen the spec's accuracy"
    ) -> None:
        reason = " ".join(reason.split())
        super().__init__(
            f"The density at charge {charge} with {unpaired} unpaired electrons did not become "
            f"self-consistent ({reason}). "
            f"{cure}, or leave the molecule out."
        )
        self.charge, self.unpaired, self.reason = charge, unpaired, reason


class NotConverged(TaskError):
    """A geometry that did not settle within its steps."""

    code: ClassVar[str] = "not-converged"

    def __init__(self, smiles: str, state: StateName, max_steps: int, reason: str) -> None:
        super().__init__(
            f"The geometry of the {state} of {smiles!r} did not settle within {max_steps} steps "
            f"({reason}). Raise the spec's max_steps, or leave the molecule out."
        )
        self.smiles, self.state, self.max_steps, self.reason = smiles, state, max_steps, reason


class Dissociated(TaskError):
    """A relaxed geometry that is no longer the molecule of the SMILES."""

    code: ClassVar[str] = "dissociated"

    def __init__(self, smiles: str, state: StateName, change: str) -> None:
        without = "" if state == "neutral" else f", or properties that need the {state}"
        super().__init__(
            f"The {state} of {smiles!r} is another molecule after relaxation: {change}. "
            f"Its energy would be a wrong label; leave the molecule out{without}."
        )
        self.smiles, self.state, self.change = smiles, state, change


class NotInTable(TaskError):
    """A molecule that a table of answers does not have."""

    code: ClassVar[str] = "not-in-table"

    def __init__(self, smiles: str) -> None:
        super().__init__(
            f"The table that is replayed has no molecule {smiles!r}. Search molecules of the "
            f"table, or add a row."
        )
        self.smiles = smiles


class NoRecordedValue(TaskError):
    """A molecule whose value is empty in a table of answers, as that of one that once failed."""

    code: ClassVar[str] = "no-recorded-value"

    def __init__(self, smiles: str, name: str) -> None:
        super().__init__(
            f"The table that is replayed has no {name} of {smiles!r}: its cell is empty, which "
            f"stands for a failure."
        )
        self.smiles, self.name = smiles, name


class TableMissing(TaskError, UserError):
    """A table of answers that cannot be read where the task ran."""

    code: ClassVar[str] = "table-missing"
    retryable: ClassVar[bool] = True

    def __init__(self, path: Path | None, reason: str) -> None:
        which = "" if path is None else f" {path}"
        super().__init__(
            f"The table{which} that is replayed cannot be read here: {reason}. Tables are replayed "
            f"in campaigns, by workers that can read the run directory."
        )
        self.path, self.reason = path, reason


class EngineCrashed(TaskError):
    """A program that took its process down."""

    code: ClassVar[str] = "engine-crashed"

    def __init__(self, smiles: str, manner: str) -> None:
        cure = {
            "SIGSEGV": "Its stack may have been too small: raise the limit with `ulimit -s "
            "unlimited`, or try another engine",
            "SIGKILL": "The machine may have run out of memory: compute fewer at the same time",
        }.get(manner, "Try another engine")
        super().__init__(
            f"The process that simulated {smiles!r} died of {manner}. {cure}, or leave "
            f"the molecule out."
        )
        self.smiles, self.manner = smiles, manner


class TimeLimit(TaskError):
    """A task that was stopped because its time was nearly over."""

    code: ClassVar[str] = "time-limit"
    retryable: ClassVar[bool] = True

    def __init__(self, smiles: str, stage: str, limit_s: float) -> None:
        super().__init__(
            f"The simulation of {smiles!r} was stopped {stage}, because its limit of "
            f"{limit_s:g} s was nearly over. Give it more time, or leave the molecule out."
        )
        self.smiles, self.stage, self.limit_s = smiles, stage, limit_s


def _in(unit: str) -> str:
    return f"in {unit}" if unit else "without a unit"
