"""How much of the best was found."""

from __future__ import annotations

import pytest

from molsteer.steering.records.figures.recall import recall

pytestmark = pytest.mark.fast

MERITS = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 3.0, "e": 3.0, "f": 1.0}


def test_what_is_found_is_counted_label_by_label() -> None:
    found = recall(MERITS, ["f", "b", "x", "a"], top=2)
    assert found.after == (0, 1, 1, 2)
    assert (found.molecules, found.share, found.labels_to_nearly_all) == (6, 1.0, 4)


def test_of_equals_at_the_last_place_as_many_count_as_places_are_open() -> None:
    found = recall(MERITS, ["c", "d", "e", "a"], top=3)
    assert found.after == (1, 1, 1, 2)
    assert found.labels_to_nearly_all is None


def test_all_are_the_best_where_there_are_fewer() -> None:
    assert recall(MERITS, MERITS, top=100).share == 1.0


def test_nothing_is_found_before_anything_is_labelled() -> None:
    assert recall(MERITS, [], top=2).found == 0
