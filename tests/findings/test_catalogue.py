"""The catalogues are complete and consistent, and each entry can match an answer."""

from __future__ import annotations

import csv
from collections import UserDict

import pytest

from conformance.findings import CAUSES, explain
from conformance.findings.catalogue import CATALOGUES, Entry, _entry, catalogue
from conformance.findings.data import load
from conformance.probing.diagnosis import TELL_APART
from tests.findings.labelled_errors import SHARED


def numbered() -> list[Entry]:
    return [entry for entry in catalogue() if entry.numbers and not entry.words and not entry.anywhere]


def test_every_service_has_a_catalogue() -> None:
    assert {entry.service for entry in catalogue()} == set(CATALOGUES)


def test_ids_are_unique() -> None:
    ids = [entry.id for entry in catalogue()]
    assert len(ids) == len(set(ids))


def test_entries_are_in_order(subtests: pytest.Subtests) -> None:
    for entry in catalogue():
        with subtests.test(entry=entry.id):
            assert {entry.cause, *entry.also} <= set(CAUSES)
            assert entry.cause not in entry.also
            assert entry.certainty in ("certain", "likely")
            assert entry.explanation.endswith(".")
            assert entry.evidence in ("recorded", "documented", "observed", "inferred")
            assert entry.source
            assert entry.tell_apart is None or entry.tell_apart in TELL_APART
            assert (
                entry.codes
                or entry.inner
                or entry.numbers
                or entry.words
                or entry.statuses
                or entry.shapes
                or entry.others
                or entry.anywhere
            )
            assert "*" not in {*entry.codes, *entry.inner}


class Row(UserDict[str, object]):
    """A row of a catalogue that records the keys that are read."""

    def __init__(self, row: dict[str, object]) -> None:
        self.read: set[object] = set()
        super().__init__(row)

    def __getitem__(self, key: str) -> object:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(key)
        return super().__contains__(key)


def test_no_key_of_an_entry_is_unknown(subtests: pytest.Subtests) -> None:
    for service in CATALOGUES:
        data = load(service)
        for entry in data.get("entry", ()):
            with subtests.test(entry=entry["id"]):
                row = Row({**data.get("defaults", {}), **entry})
                _entry(service, row)
                assert row.keys() <= row.read


def test_certain_entries_have_more_than_words() -> None:
    for entry in catalogue():
        if entry.certainty == "certain":
            assert entry.codes or entry.numbers or entry.statuses, entry.id
            assert not entry.also, entry.id


def test_every_number_leads_to_its_entry(subtests: pytest.Subtests) -> None:
    for entry in numbered():
        with subtests.test(entry=entry.id):
            body = {"error": "x", "error_description": "", "error_codes": list(entry.numbers)}
            assert explain(body, service="entra").entry == entry.id
            if len(entry.numbers) == 1:
                meaning = explain(f"AADSTS{entry.numbers[0]}: ein Text in irgendeiner Sprache.")
                assert (meaning.entry, meaning.certainty, meaning.code) == (
                    entry.id,
                    entry.certainty,
                    f"AADSTS{entry.numbers[0]}",
                )


def test_all_known_numbers_are_recognised() -> None:
    table = SHARED / "facts" / "aadsts.csv"
    if not table.exists():
        pytest.skip("the table of numbers is not beside this checkout")
    with table.open(encoding="utf-8") as rows:
        numbers = {int(row["code"]) for row in csv.DictReader(rows)}
    assert numbers <= {number for entry in numbered() for number in entry.numbers}


def test_every_code_alone_has_a_meaning() -> None:
    for entry in catalogue():
        service = entry.service if entry.service != "network" else None
        for code in entry.codes:
            if "*" not in code and not (service == "other" and entry.words):
                assert explain({"error": {"code": code, "message": ""}}, service=service).cause != "unknown", code


def test_inner_codes_decide_within_their_outer_code() -> None:
    for entry in catalogue():
        for inner in entry.inner if not entry.words else ():
            body = {"error": {"code": entry.codes[0], "innererror": {"code": inner}}}
            assert explain(body, service=entry.service).entry == entry.id
