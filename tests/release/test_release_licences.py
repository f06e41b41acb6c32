"""What the product runs with may be used by whoever runs it: read from the packages, not from the page."""

from importlib.metadata import metadata

import pytest

from release.dependencies import RUNTIME_EXTRAS, asked, needed, normal
from release.licences import FORBIDDEN, READ_BY_HAND, Licensed, faults, names_on_page


def licences_in(name):
    """All that a package says of its licence, the whole text of one left out."""
    told = metadata(name)
    fields = [told.get("License-Expression"), (told.get("License") or "").strip().split("\n")[0]]
    fields += [value for value in told.get_all("Classifier") or () if value.startswith("License ::")]
    return [field for field in fields if field] or [READ_BY_HAND.get(name, "")]


def test_nothing_that_runs_has_a_forbidden_licence():
    bad = {
        name: said
        for name in needed(asked(*RUNTIME_EXTRAS))
        for said in licences_in(name)
        if FORBIDDEN.search(said)
    }
    assert not bad


def test_everything_that_runs_names_its_licence():
    assert [name for name in needed(asked(*RUNTIME_EXTRAS)) if not any(licences_in(name))] == []


def test_the_page_names_whatever_pyproject_asks_for():
    missing = {normal(it.name) for it in asked(*RUNTIME_EXTRAS)} - names_on_page()
    assert not missing, "run `make licences`"


@pytest.mark.parametrize(
    "licence",
    [
        "AGPL-3.0-only", "GNU Affero General Public License v3", "GPL-3.0-or-later", "SSPL-1.0", "BUSL-1.1",
        "License :: OSI Approved :: GNU General Public License v2 (GPLv2)", "Commons Clause",
    ],
)  # fmt: skip
def test_a_licence_that_binds_the_operator_is_a_fault(licence):
    (fault,) = faults([Licensed("grep", "1", licence, ("server",))])
    assert "grep" in fault
    assert licence in fault


@pytest.mark.parametrize(
    "licence",
    ["MIT", "LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "MPL-2.0 AND MIT", "BSD License"],
)
def test_other_licences_are_none(licence):
    assert faults([Licensed("psycopg", "3", licence, ("server",))]) == []


def test_a_package_without_a_licence_is_a_fault():
    (fault,) = faults([Licensed("secret", "1", "UNKNOWN", ("runner",))])
    assert "READ_BY_HAND" in fault
