"""Why another program gave no energy.

ProgramError (a TaskError)
├── ProgramMissing       it is not installed here (a UserError too)
├── RecipeIncomplete     the level does not say what to compute (a UserError too)
├── RecipeRefused        the program knows no such method, basis or keyword (a UserError too)
├── OutOfMemory          it needed more memory than it may take
└── ProgramFailed        anything else; its last words are told
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.suggestions import did_you_mean
from molsteer.simulator.errors import StateName

_INSTALL = {
    "nwchem": "Install it, as with `apt-get install nwchem` or `conda install -c conda-forge "
    "nwchem`, so that the command `nwchem` is found",
    "mpirun": "Install an MPI, as with `apt-get install openmpi-bin`, set "
    "QCENGINE_MPIEXEC_COMMAND to what starts programs here, or give the level one core",
}


class ProgramError(TaskError):
    """Another program that was of no use."""


class ProgramMissing(ProgramError, UserError):
    """A program that is not installed where the task ran."""

    code: ClassVar[str] = "program-missing"
    retryable: ClassVar[bool] = True

    def __init__(self, program: str, known: Collection[str] = ()) -> None:
        if known and program not in known:
            hint = did_you_mean(program, known)
            super().__init__(
                f"QCEngine knows no program {program!r}.{hint} It knows {', '.join(sorted(known))}."
            )
        else:
            how = _INSTALL.get(program, "Install it so that QCEngine finds it")
            super().__init__(f"The program {program!r} is not installed here. {how}.")
        self.program = program


class RecipeIncomplete(ProgramError, UserError):
    """A level that does not say what to compute."""

    code: ClassVar[str] = "recipe-incomplete"

    def __init__(self, method: str, missing: str) -> None:
        super().__init__(
            f"The method {method!r} needs a {missing}. Name a program and a model, as nwchem and "
            f"b3lyp, and a basis set where the model has one."
        )
        self.method, self.missing = method, missing


class RecipeRefused(ProgramError, UserError):
    """Something that the program does not know."""

    code: ClassVar[str] = "recipe-refused"

    def __init__(self, program: str, what: str, reason: str, cure: str) -> None:
        super().__init__(f"The program {program!r} refuses {what} ({reason}). {cure}.")
        self.program, self.what, self.reason = program, what, reason


class OutOfMemory(ProgramError):
    """More memory was needed than a calculation may take."""

    code: ClassVar[str] = "out-of-memory"
    retryable: ClassVar[bool] = True

    def __init__(self, smiles: str, program: str, reason: str) -> None:
        super().__init__(
            f"The program {program!r} needs more memory for {smiles!r} ({reason}). Give the level "
            f"more memory_GiB, compute fewer at the same time, or leave the molecule out."
        )
        self.smiles, self.program, self.reason = smiles, program, reason


class ProgramFailed(ProgramError):
    """A program that ended without an energy, for a reason that is not known here."""

    code: ClassVar[str] = "program-failed"

    def __init__(self, smiles: str, state: StateName, program: str, reason: str) -> None:
        super().__init__(
            f"The program {program!r} failed on the {state} of {smiles!r} ({reason}). Try its "
            f"input by hand, or leave the molecule out."
        )
        self.smiles, self.state, self.program, self.reason = smiles, state, program, reason
