"""Which keywords of QCSchema documents leave an energy what it is without them.

Whatever is not listed here may change an energy, so a document that has it is not trusted. The
spellings are those of xtb-python, tblite, geomeTRIC and optking, with hyphens as underscores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

Keywords = Mapping[str, JsonValue]

_LOOSEST_ACCURACY = 10.0
"""Up to here, potentials of GFN2-xTB are within 0.01 meV of tight ones; at 100 up to 3 meV off."""

_TEMPERATURE_K, _TEMPERATURE_HARTREE = 300.0, 9.5004e-4
"""Of the electrons, the default of every program for GFN2-xTB."""

_TIGHT_ENOUGH = {"GAU", "GAU_TIGHT", "GAU_VERYTIGHT"}
"""Sets of criteria for a relaxation that are at least as tight as ours."""

Harmless = Callable[[JsonValue], bool]


def _any(_value: JsonValue) -> bool:
    return True


def _off(value: JsonValue) -> bool:
    return value in (False, "", [], {}) or str(value).casefold() in {"none", "gas", "vacuum"}


def _zero(value: JsonValue) -> bool:
    return _off(value) or (isinstance(value, list) and not any(value))


def _at_most(limit: float) -> Harmless:
    return lambda value: isinstance(value, int | float) and 0 < value <= limit


def _near(wanted: float) -> Harmless:
    return lambda value: isinstance(value, int | float) and abs(value / wanted - 1) < 1e-3


def _tight(value: JsonValue) -> bool:
    return isinstance(value, str) and value.upper() in _TIGHT_ENOUGH


_NUMERICS = frozenset(
    {
        *("max_iter", "max_iterations", "maxiter"),
        *("guess", "mixer", "mixer_damping", "mixer_memory", "save_integrals", "verbosity"),
    }
)
"""How a density is found, whatever the method."""

_OF_GFN2_XTB: Mapping[str, Harmless] = dict.fromkeys(_NUMERICS, _any) | {
    "accuracy": _at_most(_LOOSEST_ACCURACY),
    "electronic_temperature": _near(_TEMPERATURE_K),
    "temperature": _near(_TEMPERATURE_HARTREE),
    "electric_field": _zero,
    "external_charges": _off,
    "solvent": _off,
    "spin_polarization": _zero,
}

_OF_OPTIMIZERS: Mapping[str, Harmless] = dict.fromkeys(
    (
        *("geom_maxiter", "maxiter", "maxsteps", "program", "prefix", "verbose"),
        *("coordsys", "epsilon", "reset", "subfrctor", "tmax", "tmin", "trust"),
    ),
    _any,
) | {
    "constraints": _off,
    "convergence_set": _tight,
    "g_convergence": _tight,
    "transition": _off,
}


def strange_for_gfn2_xtb(keywords: Keywords) -> str | None:
    """Name the first keyword, with its value, that may change an energy of GFN2-xTB."""
    return _strange(keywords, _OF_GFN2_XTB)


def strange_for_optimizers(keywords: Keywords) -> str | None:
    """Name the first keyword, with its value, by which a relaxation may end elsewhere."""
    return _strange(keywords, _OF_OPTIMIZERS)


def differing(keywords: Keywords, others: Keywords) -> str | None:
    """Name the first keyword, with its value, that two calculations do not have in common."""
    here, there = _significant(keywords), _significant(others)
    names = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
    return f"{names[0]} = {here.get(names[0])!r}" if names else None


def _strange(keywords: Keywords, harmless: Mapping[str, Harmless]) -> str | None:
    for name, value in keywords.items():
        known = harmless.get(_spelled(name))
        if value is not None and not (known and known(value)):
            return f"{name} = {value!r}"
    return None


def _significant(keywords: Keywords) -> Keywords:
    spelled = {_spelled(name): value for name, value in keywords.items()}
    return {name: value for name, value in spelled.items() if name not in _NUMERICS}


def _spelled(name: str) -> str:
    return name.casefold().replace("-", "_")
