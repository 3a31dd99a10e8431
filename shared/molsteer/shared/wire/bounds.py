"""How large a number or a name in a message may be.

Far beyond anything that work gives, and within what all who read it can hold: SQLite's integers, a
calendar, a number of single precision, the memory of one process.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

_LARGEST = 2**53 - 1  # up to which every reader of JSON keeps integers exactly

Count = Annotated[int, Field(ge=0, le=_LARGEST)]
"""How many of something there are, or a number that counts from zero."""

Ordinal = Annotated[int, Field(ge=1, le=_LARGEST)]
"""A number that counts from one."""

SizeBytes = Annotated[int, Field(ge=0, le=2**40)]
"""Size of stored data."""

Moment = Annotated[float, Field(ge=0, le=253_402_300_799)]
"""Seconds of the Unix epoch, to the end of the year 9999."""

Duration = Annotated[float, Field(ge=0, le=1e12)]
"""Seconds that something took."""

Number = Annotated[float, Field(ge=-1e30, le=1e30)]
"""A value of a property, in whatever unit it has."""

Name = Annotated[str, Field(max_length=1_000)]
"""What a program, a device or a process calls itself."""

SITE_NAME = r"^[A-Za-z0-9._-]{0,63}$"

SiteName = Annotated[str, Field(pattern=SITE_NAME)]
"""What the site of a worker is called; empty if it has no name."""
