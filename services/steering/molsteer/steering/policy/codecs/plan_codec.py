"""Plans as ledger and settings hold them: a table of knobs."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from molsteer.steering.policy.plan import Plan


def plan_from(knobs: object) -> Plan:
    """Read a plan, as `asdict` gives it and JSON keeps it.

    Raises:
        pydantic.ValidationError: If these are not the knobs of a plan.
    """
    return _plans().validate_python(knobs)


@cache
def _plans() -> TypeAdapter[Plan]:
    """Build the adapter at its first use, so that importing the policy stays cheap."""
    return TypeAdapter(Plan)
