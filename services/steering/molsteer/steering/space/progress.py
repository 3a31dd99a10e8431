"""How far a build has come, for whoever wants to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come.

    Attributes:
        rows: Rows dealt with.
        molecules: Rows that are in the space.
        bytes_read: Bytes of the sources read, as they lie on disk; runs a little ahead of `rows`.
        bytes_total: Bytes of all sources.
        features: Whether features are computed; then all of these count molecules.
    """

    rows: int
    molecules: int
    bytes_read: int
    bytes_total: int
    features: bool = False

    @classmethod
    def of_features(cls, done: int, molecules: int) -> Progress:
        """Tell how far the computation of features has come, which follows a build."""
        return cls(done, done, done, molecules, features=True)


def ignore(progress: Progress) -> None:
    """Show nothing."""
