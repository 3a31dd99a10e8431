"""How keys are replaced: made known, then used, then forgotten.

Within a topic, keys are in the order in which they were made.
"""

from __future__ import annotations

from molsteer.shared.wire.key_ring import Key, KeyRing
from molsteer.shared.wire.topics import Topic


def announce(ring: KeyRing) -> KeyRing:
    """Add a key to each topic that verifies, and does not sign yet."""
    new = tuple(Key.new(topic, signs=False) for topic in ring.topics)
    return KeyRing(keys=ring.keys + new)


def rotate(ring: KeyRing) -> KeyRing:
    """Sign with the newest key of each topic, which is made where none was announced."""
    newest = {key.topic: key for key in ring.keys}
    made = tuple(Key.new(topic) for topic, key in newest.items() if key.signs)
    signing = {topic: key.id for topic, key in newest.items()} | {key.topic: key.id for key in made}
    return KeyRing(
        keys=tuple(
            key.model_copy(update={"signs": signing[key.topic] == key.id})
            for key in ring.keys + made
        )
    )


def prune(ring: KeyRing) -> KeyRing:
    """Forget the keys that are older than the one that signs."""
    return KeyRing(keys=tuple(key for topic in ring.topics for key in _from_signing(ring, topic)))


def _from_signing(ring: KeyRing, topic: Topic) -> tuple[Key, ...]:
    keys = ring.only(topic).keys
    return keys[next(index for index, key in enumerate(keys) if key.signs) :]
