"""Check of the keys that messages are signed with."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.shared.doctor.check import Finding
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import stays_here
from molsteer.shared.wire.key_file import read_keys


def look_at_keys(queue: QueueSettings) -> Iterator[Finding]:
    """Tell whether messages are signed, and what this machine can sign and verify.

    Raises:
        UnusableFile: If there is a key file that cannot be used.
    """
    if queue.keys_file is not None:
        topics = ", ".join(read_keys(queue.keys_file).topics)
        yield Finding("ok", f"Messages are signed; here are keys of {topics}.")
    elif stays_here(queue.redis_url):
        yield Finding("ok", "Messages are not signed; they do not leave this machine.")
    else:
        yield Finding(
            "warning",
            "Messages are not signed: who can write to the server can forge work and results.",
            "Make keys: molsteer keys new FILE, see docs/signing.md.",
        )
