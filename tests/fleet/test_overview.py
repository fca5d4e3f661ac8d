"""The view of a fleet: its content in every form, written with one connection in memory at a time."""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from conformance.outputs.summary import ConnectionsSummary, FleetSummary
from conformance.report import json as report_json
from conformance.report.document import with_comparison
from conformance.report.entry import Entry, document
from conformance.report.fleet.index import index
from conformance.report.fleet.overview import Overview, folded
from conformance.report.fleet.summary import summary
from conformance.report.fleet.terminal import draw
from conformance.report.terminal_layout import console
from conformance.results.journal import Journal
from conformance.verification.baseline import Acceptance, Stale
from tests.contoso import SECRET
from tests.fleet.customers import COUNT, before, customer, customers, overview, summarize
from tests.report_schema import assert_valid

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def fleet() -> Overview:
    return overview(customers(COUNT), 12.0, "all")


def agreed(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SENTINEL_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def screen(fleet: Overview, *, width: int = 80, full: bool = False, encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    draw(fleet, console(file, width=width, color=False), full=full)
    file.seek(0)
    return file.read()


def test_causes_are_joined_across_connections_worst_first_with_warnings(fleet: Overview) -> None:
    assert [(cause.cause, cause.weight) for cause in fleet.causes if cause.weight != "warning"] == [
        ("secret_expired", "failed"),
        ("rbac_role_missing", "failed"),
        ("service_fault", "inconclusive"),
    ]
    expired = fleet.causes[0]
    assert expired.sentence == "secret_expired: 3 connections (customer-02, customer-10, customer-18)"
    assert expired.action("here").startswith("Entra administrator (here): Create a new client secret")
    warnings = {cause.cause: len(cause.names) for cause in fleet.causes if cause.weight == "warning"}
    assert warnings["throttled"] == 3
    assert list(warnings.values()) == sorted(warnings.values(), reverse=True)


def test_verdicts_the_slowest_and_the_throttled_are_counted(fleet: Overview) -> None:
    assert fleet.verdicts == {"conformant": 15, "nonconformant": 6, "incomplete": 3}
    assert fleet.head.run.exit_code == 1
    assert [row.name for row in fleet.slowest] == [f"customer-{number}" for number in (24, 23, 22, 21, 20)]
    assert [row.name for row in fleet.throttled] == ["customer-06", "customer-14", "customer-22"]
    assert fleet.head.run.requests == sum(entry.requests for entry in customers(COUNT))


def test_changes_are_listed_by_connection_and_the_rest_is_counted() -> None:
    changes = overview(customers(COUNT), 12.0, "all", previous=before()).changes
    assert changes is not None
    assert changes.failing == {"customer-02": ("secret_expired",)}
    assert changes.fixed == ("customer-03",)
    assert (changes.new, changes.lost, changes.same) == (("customer-05",), ("customer-99",), COUNT - 3)


def test_an_accepted_finding_is_not_a_cause() -> None:
    accepted = [
        cause for cause in overview([accepting(next(customers(1)))], 1.0, "all").causes if cause.weight == "warning"
    ]
    assert accepted == []


def accepting(finished: Entry) -> Entry:
    note = {"reason": "known", "expires": date(2027, 1, 1)}
    part = msgspec.to_builtins(finished.part)
    for check in part["checks"]:
        check["accepted"] = note
    return msgspec.structs.replace(finished, connection=msgspec.Raw(msgspec.json.encode(part)))


def test_a_stale_baseline_sets_the_exit_code_and_the_next_action() -> None:
    stale = Stale(Acceptance("RBAC-001", "for now", date(2026, 12, 1)), "passing")
    fleet = overview(customers(3, ("healthy",)), 1.0, "all", stale=[stale])
    assert fleet.head.run.exit_code == 1
    assert fleet.action.startswith("Update the baseline")


def test_a_cause_of_several_customers_contains_no_ids_of_one() -> None:
    """The fix of each connection contains its ids, in links and commands."""
    fix = next(customers(1, ("no-graph-consent",))).part.root_causes[0].fix.text
    assert "7e4a11ed" in fix
    others = msgspec.json.encode(next(customers(1, ("no-graph-consent",)))).replace(b"7e4a11ed", b"00000000")
    pair = [*customers(1, ("no-graph-consent",)), msgspec.json.decode(others, type=Entry)]
    (cause,) = (cause for cause in overview(pair, 1.0, "all").causes if cause.weight == "failed")
    assert "7e4a11ed" not in cause.fix
    assert cause.fix[:30] == fix[:30]


@pytest.mark.parametrize(
    ("count", "text"), [(1, "a"), (4, "a, b, c, d"), (5, "a, b, c and 2 others"), (9, "a, b, c and 6 others")]
)
def test_names_are_folded(count: int, text: str) -> None:
    assert folded("abcdefghi"[:count]) == text


@pytest.mark.parametrize("form", ["terminal", "narrow", "ascii", "compared"])
def test_the_terminal_is_as_agreed_and_fits_on_a_screen(fleet: Overview, form: str) -> None:
    compared_fleet = overview(customers(COUNT), 12.0, "all", previous=before())
    text = {
        "terminal": lambda: screen(fleet),
        "narrow": lambda: screen(fleet, width=40),
        "ascii": lambda: screen(fleet, encoding="ascii"),
        "compared": lambda: screen(compared_fleet),
    }[form]()
    assert len(text.splitlines()) <= (48 if form == "narrow" else 24)
    agreed(f"overview-{form}.txt", text)


def test_verbose_names_every_connection_in_trouble(fleet: Overview) -> None:
    text = screen(fleet, full=True)
    assert all(f" {row.name}  The connection" in text or f" {row.name}  Not every" in text for row in fleet.trouble)


def test_the_summary_is_as_agreed() -> None:
    agreed("overview.md", summary(overview(customers(COUNT), 12.0, "all", previous=before())).decode())


def test_a_long_list_of_connections_in_trouble_is_cut() -> None:
    text = summary(overview(customers(60, ("expired-secret",)), 1.0, "all")).decode()
    assert "60 connections in trouble" in text
    assert "10 more are in index.html." in text


def test_the_page_links_to_the_connections_in_trouble(fleet: Overview) -> None:
    text = index(fleet).decode()
    assert '<a href="connections/customer-02/report.html">customer-02</a>' in text
    assert "connections/customer-01/" not in text
    assert text.count("<script") == 1, "its own alone"
    assert "15 connections in order" in text


def test_markup_and_escape_codes_in_a_name_are_text_in_every_form(tmp_path: Path) -> None:
    """The name is chosen by the customer and can be any text."""
    name = "<script>alert(1)</script>../\x1b[2J"
    entries = [customer("no-azure-role", name)]
    fleet = overview(entries, 1.0, "all")
    FleetSummary(fleet, lambda: iter(entries)).write(tmp_path)
    (folder,) = (tmp_path / "connections").iterdir()
    assert folder.name == "script-alert-1-script-2j"
    assert index(fleet).decode().count("<script") == 1, "its own alone"
    assert "<script" not in summary(fleet).decode().replace("\\<", "")
    for text in (index(fleet).decode(), summary(fleet).decode(), screen(fleet)):
        assert "\x1b" not in text


# The end of a run


def test_few_connections_are_reported_in_full_and_a_fleet_in_one_view() -> None:
    assert summarize(lambda: iter(()), 1.0, "all") is None
    few, fleet = (summarize(lambda count=count: customers(count), 1.0, "all") for count in (20, 21))  # type: ignore[misc]
    assert isinstance(few, ConnectionsSummary)
    assert isinstance(fleet, FleetSummary)


def test_both_summaries_have_the_same_exit_code_and_comparison() -> None:
    entries = list(customers(COUNT))
    in_full = ConnectionsSummary(with_comparison(document(entries, 12.0, "all"), before()))
    in_one = FleetSummary(overview(entries, 12.0, "all", previous=before()), lambda: iter(entries))
    assert in_full.exit_code == in_one.exit_code
    assert in_one.fleet.head.comparison == in_full.document.comparison


def test_the_report_is_streamed_as_it_would_be_written_whole() -> None:
    entries = list(customers(COUNT))
    whole = with_comparison(document(entries, 12.0, "all"), before())
    head = overview(entries, 12.0, "all", previous=before()).head
    whole = msgspec.structs.replace(whole, announced_ends=head.announced_ends)  # only the report of a fleet has these
    streamed = b"".join(report_json.stream(head, (entry.connection for entry in entries)))
    assert streamed == report_json.encode(whole)
    assert_valid(streamed)


def test_the_folder_has_one_view_the_whole_report_and_pages_of_those_in_trouble(tmp_path: Path) -> None:
    end = summarize(lambda: customers(COUNT), 12.0, "all", previous=before())
    assert end is not None
    end.write(tmp_path, ("de",))
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.json", "index.html", "summary.md", "badge.svg", "connections", "owners",
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "connections").iterdir()) == [
        f"customer-{number:02}" for number in (2, 4, 7, 10, 12, 15, 18, 20, 23)
    ]
    of_one = tmp_path / "connections" / "customer-02"
    assert {path.name for path in of_one.iterdir()} == {"report.html", "handback.html", "handback.md"}
    assert "Since the previous run" in (of_one / "report.html").read_text()
    assert "6 broken" in (tmp_path / "badge.svg").read_text()
    assert not any(SECRET in path.read_text() for path in tmp_path.rglob("*.*"))


def test_a_notification_is_sent_only_for_failures() -> None:
    works = summarize(lambda: customers(COUNT, ("healthy",)), 1.0, "all")
    broken = summarize(lambda: customers(COUNT), 1.0, "all")
    assert works is not None
    assert works.message() is None
    assert broken is not None
    sentence, lines = broken.message() or ("", ())
    assert sentence == "15 of 24 connections work"
    assert any(line.startswith("- secret_expired: 3 connections") for line in lines)


def test_never_more_than_a_few_connections_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that were read before are freed, whatever the size of the fleet."""
    references: list[weakref.ref[Seen]] = []
    most = 0

    def watched() -> Iterator[Entry]:
        nonlocal most
        for original in customers(60):
            entry = Seen(**{name: getattr(original, name) for name in original.__struct_fields__})
            references.append(weakref.ref(entry))
            most = max(most, sum(reference() is not None for reference in references))
            yield entry
            del entry

    end = summarize(watched, 1.0, "all")
    assert end is not None
    end.write(tmp_path)
    assert len(references) == 3 * 60, "once as they are finished, and once for each part of the folder"
    assert most <= 22, "as many as it takes to know that it is a fleet"


class Seen(Entry, frozen=True, kw_only=True, weakref=True):
    """An entry with weak references, which show when it is freed."""


def test_the_journal_gives_its_entries_in_any_order_from_disk_and_memory(tmp_path: Path) -> None:
    entries = list(customers(5))
    for journal in (Journal(tmp_path / "connections.jsonl"), Journal()):
        journal.start()
        for entry in reversed(entries):
            journal.add(entry)
        assert list(journal.in_order(str)) == entries
        assert [entry.name for entry in journal.entries()] == [entry.name for entry in reversed(entries)]


def test_an_overview_counts_each_connection_once_for_a_cause(fleet: Overview) -> None:
    for cause in fleet.causes:
        assert len(set(cause.names)) == len(cause.names)


# Announced ends


def test_connections_not_ready_for_an_announced_end_are_listed_with_the_days_left() -> None:
    states = ("healthy", "portal-not-connected", "portal-unready")
    fleet = overview(customers(6, states), 12.0, "all")
    ends = {end.id: end for end in fleet.ends}
    portal = ends["azure-portal"]
    assert (portal.days_left, portal.countdown) == (127, "in 127 days")
    assert portal.connections == ("customer-02", "customer-03", "customer-05", "customer-06")
    assert ends["threat-intelligence-table"].connections == ("customer-03", "customer-06")
    assert [end.ends for end in fleet.ends] == sorted(end.ends for end in fleet.ends)
    for form in (summary(fleet), index(fleet), screen(fleet, width=200, full=True).encode()):
        assert b"in 127 days" in form
        assert b"Microsoft Sentinel in the Azure portal" in form
    encoded = report_json.encode(fleet.head)
    assert_valid(encoded)
    assert b'"days_left": 127' in encoded
