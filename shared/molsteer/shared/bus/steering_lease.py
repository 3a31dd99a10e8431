"""Who steers a campaign: one process at a time, wherever its run directory has been copied to."""

from __future__ import annotations

from uuid import uuid4

from pydantic import ValidationError

from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.scripts import RELEASE, STEER
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.base import Message

STEERING_LEASE_S = 30.0
"""How long a process that is silent still counts as steering; it renews with every step."""


class Helmsman(Message):
    """A process that steers.

    Attributes:
        token: Of this process alone.
        place: Of its run directory: equal for two processes only if they hold the same lock.
        name: What to call it.
    """

    token: str
    place: str
    name: str


class SteeringLease:
    """The lease of one process; every method raises `ServiceUnavailable` if Redis does not answer.

    Args:
        queue: Where the queues are.
        campaign: What is steered.
        place: Where from; whoever held the lease from the same place is known to be dead.
        name: What to call this process.
    """

    def __init__(self, queue: QueueSettings, campaign: str, place: str, name: str) -> None:
        self._url = queue.server_url
        self._client = connect(self._url)
        self._key = Keys(queue.prefix).steering(campaign)
        self._hold = self._client.register_script(STEER)
        self._release = self._client.register_script(RELEASE)
        self._place = place
        us = Helmsman(token=uuid4().hex, place=place, name=name)
        self._text = us.model_dump_json().encode()

    def hold(self) -> tuple[Helmsman, float] | None:
        """Take or renew the lease.

        Returns:
            None, or who else holds it and for how many seconds it does unless it is renewed.
        """
        holder, left_ms = self._ask(b"")
        if holder != self._text and _read(holder).place == self._place:
            holder, left_ms = self._ask(holder)
        return None if holder == self._text else (_read(holder), left_ms / 1000)

    def release(self) -> None:
        """Give the lease back, if it is still held."""
        with reaching(self._url):
            self._release([self._key], (self._text,))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, followed: bytes) -> tuple[bytes, int]:
        lease_ms = round(1000 * STEERING_LEASE_S)
        with reaching(self._url):
            holder, left_ms = self._hold([self._key], (self._text, followed, lease_ms))
        return as_bytes(holder), int(left_ms)


def _read(text: bytes) -> Helmsman:
    try:
        return Helmsman.model_validate_json(text)
    except ValidationError:  # of another version, or not of ours
        return Helmsman(token="", place="", name="an unknown process")
