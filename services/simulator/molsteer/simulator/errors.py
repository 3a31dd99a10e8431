"""Why a molecule has no label: every deliberate failure of the simulator.

    TaskError
    ├── BadSmiles            not one connected molecule that can be ionized (a UserError too)
    ├── UnsupportedElement   no parameters for an element (a UserError too)
    ├── WrongMultiplicity    a multiplicity that was asked for does not fit (a UserError too)
    ├── EngineMissing        the program is not installed here (a UserError too)
    ├── EmbeddingFailed      no three-dimensional geometry was found
    ├── ScfFailed            the density did not settle
    ├── NotConverged         the geometry did not settle
    ├── Dissociated          the molecule became another one, or fell apart
    ├── EngineCrashed        the process that computed it died
    └── TimeLimit            the task would have outlived its hard limit

The same molecule meets the same failure again, so only those that depend on where and when the
task runs are worth a retry: `EngineMissing` and `TimeLimit`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from molsteer.shared.errors import TaskError, UserError

StateName = Literal["neutral", "cation"]
"""The molecule as its SMILES gives it, and with one electron less."""


class BadSmiles(TaskError, UserError):
    """A SMILES string that does not name one connected molecule that can be ionized."""

    code: ClassVar[str] = "bad-smiles"

    def __init__(self, smiles: str, reason: str) -> None:
        super().__init__(f"The SMILES {smiles!r} cannot be simulated: {reason}")
        self.smiles, self.reason = smiles, reason


class UnsupportedElement(TaskError, UserError):
    """An element for which the level of theory has no parameters."""

    code: ClassVar[str] = "unsupported-element"

    def __init__(self, smiles: str, element: str) -> None:
        super().__init__(
            f"The SMILES {smiles!r} contains {element}, for which GFN2-xTB has no parameters. "
            f"Choose molecules of the elements hydrogen to radon."
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

    def __init__(self, charge: int, unpaired: int, reason: str) -> None:
        reason = " ".join(reason.split())
        super().__init__(
            f"The density at charge {charge} with {unpaired} unpaired electrons did not become "
            f"self-consistent ({reason}). "
            f"Loosen the spec's accuracy, or leave the molecule out."
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
        super().__init__(
            f"The {state} of {smiles!r} is another molecule after relaxation: {change}. "
            f"Its energy would be a wrong label; leave the molecule out."
        )
        self.smiles, self.state, self.change = smiles, state, change


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
