"""Events as the journal writes them: one line of JSON, told apart by `kind`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import ChunkScored, Event


def to_json(event: Event) -> str:
    """Write an event."""
    short = _in_few_bytes(event)
    return _events().dump_json(short, warnings=short is event).decode()


def from_json(text: str) -> Event:
    """Read an event that `to_json` wrote.

    Raises:
        PolicyDefect: If the text is not an event of this version.
    """
    try:
        return _events().validate_json(text)
    except ValidationError as problem:
        raise PolicyDefect(
            f"The journal holds an event that this version cannot read: {problem}. Go on with the "
            f"molsteer version that wrote it, or restore the ledger from a copy."
        ) from problem


def _in_few_bytes(event: Event) -> Event:
    """Leave out the chances of candidates where nobody tells them."""
    if not isinstance(event, ChunkScored) or any(
        each.chance is not None for each in event.candidates
    ):
        return event
    short: Any = tuple(each[:2] for each in event.candidates)
    return replace(event, candidates=short)


@cache
def _events() -> TypeAdapter[Event]:
    """Build the adapter at its first use, so that importing the policy stays cheap."""
    return TypeAdapter(
        Annotated[Event, Field(discriminator="kind")],
        config=ConfigDict(extra="forbid", strict=True, ser_json_inf_nan="constants"),
    )
