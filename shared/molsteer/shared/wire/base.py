"""The base of everything that crosses a wire."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen model that refuses unknown fields, converts nothing, and writes bytes as base64.

    Its numbers are finite, for JSON has no others: pydantic writes them as null, which no reader
    takes for a number.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )
