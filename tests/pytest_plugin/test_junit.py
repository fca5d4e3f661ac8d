"""The file of `--junitxml`, which pytest writes, with the facts of each check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.contoso import SECRET
from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.slow

SCHEMA = Path(__file__).with_name("junit.xsd")


def facts(case: ET.Element) -> dict[str, str]:
    return {item.attrib["name"]: item.attrib["value"] for item in case.iterfind("properties/property")}


@pytest.fixture
def cases(folder: Path, pytester: pytest.Pytester) -> list[tuple[ET.Element, dict[str, str]]]:
    """Return the test cases of a run in which the secret has expired, each with its properties."""
    run(pytester, "--junitxml=junit.xml", scenario="expired-secret")
    import xmlschema  # importing it takes a second

    xmlschema.XMLSchema(SCHEMA).validate(folder / "junit.xml")
    assert SECRET not in (folder / "junit.xml").read_text()
    return [(case, facts(case)) for case in ET.parse(folder / "junit.xml").iter("testcase")]


def test_each_check_is_a_case_with_its_facts(cases: list[tuple[ET.Element, dict[str, str]]]) -> None:
    outcomes = Counter(properties["outcome"] for _, properties in cases)
    assert outcomes["failed"] == 1
    for case, properties in cases:
        assert {"id", "connection", "area", "outcome"} <= set(properties)
        results = [element.tag for element in case if element.tag != "properties"]
        expected = {"failed": ["failure"], "passed": [], "warning": []}
        assert results == expected.get(properties["outcome"], ["skipped"])


def test_a_failure_has_cause_and_fix_and_a_blocked_check_its_root(
    cases: list[tuple[ET.Element, dict[str, str]]],
) -> None:
    (failed,) = [(case, properties) for case, properties in cases if properties["outcome"] == "failed"]
    assert (failed[1]["id"], failed[1]["cause"]) == ("AUTH-003", "secret_expired")
    assert "az ad app credential reset" in (failed[0].find("failure").attrib["message"])  # type: ignore[union-attr]
    blocked = [properties for _, properties in cases if properties["outcome"] == "blocked"]
    assert {properties["blocked_by"] for properties in blocked} == {"AUTH-003"}


def test_the_time_of_a_case_is_that_of_its_answer(folder: Path, pytester: pytest.Pytester) -> None:
    """The tenant asks for 15 seconds of waiting, on its own clock."""
    run(pytester, "--junitxml=junit.xml", scenario="throttled")
    times = {case.attrib["name"]: case.attrib["time"] for case in ET.parse(folder / "junit.xml").iter("testcase")}
    assert 15 <= float(times["test_incidents[contoso-SENT-001]"]) < 30
