"""Which column of a table is a property, and in which unit."""

from __future__ import annotations

import pytest

from molsteer.steering.settings.replay import column_of, found_unit

pytestmark = pytest.mark.fast

HEADINGS = ("smiles", "ip_eV", "Score", "energy / kcal/mol", "gap_eV", "gap_au", "cpu_s")


@pytest.mark.parametrize(
    ("name", "given", "unit", "heading"),
    [
        ("ip", None, "eV", "ip_eV"),
        ("ip", "eV", "eV", "ip_eV"),
        ("score", None, "", "Score"),
        ("score", "kcal/mol", "kcal/mol", "Score"),
        ("energy", None, "kcal/mol", "energy / kcal/mol"),
        ("gap", "au", "au", "gap_au"),
        ("adiabatic_ionization_potential", None, "eV", "ip_eV"),
    ],
)
def test_a_column_is_found_by_its_property_and_tells_the_unit(
    name: str, given: str | None, unit: str, heading: str
) -> None:
    assert found_unit(HEADINGS, name, given, None) == unit
    assert HEADINGS[column_of(HEADINGS, name, unit, None).place] == heading


def test_a_column_of_another_name_is_taken_where_it_is_named() -> None:
    assert column_of(HEADINGS, "ip", "eV", "Score").place == 2
    assert column_of(HEADINGS, "ip", "eV", "7").place == 6
    with pytest.raises(ValueError, match="has no column 'vip_eV'"):
        column_of(HEADINGS, "ip", "eV", "vip_eV")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("ip", "kcal/mol", "as 'ip_eV', and it is wanted in kcal/mol"),
        ("gap", None, "several columns of 'gap'"),
        ("mass", None, "has no column 'mass'"),
    ],
)
def test_a_column_that_does_not_fit_is_told_with_those_there_are(
    name: str, given: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        found_unit(HEADINGS, name, given, None)
    assert "cpu_s" in str(raised.value)
