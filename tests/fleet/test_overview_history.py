"""Earlier runs in the overview of a fleet, and the pages of owners."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.outputs.summary import FleetSummary, RunSummary
from conformance.report.wording import day_of
from conformance.results.history import History, observation_of
from tests.contoso import START
from tests.fleet.customers import COUNT, DAY, before, customers, overview, summarize

# Earlier runs


def page_of(fleet: RunSummary, folder: Path) -> str:
    fleet.write(folder, contact="Ana, +1 555 0100")
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_page_has_the_start_of_each_cause_by_connection_and_draws_the_runs(tmp_path: Path) -> None:
    """customer-02 was broken in all runs, customer-10 worked in the first, and customer-18 broke in this run."""
    with History(tmp_path / "history.db") as history:
        for ago, well in ((3, {"customer-10", "customer-18"}), (2, {"customer-18"}), (0, set[str]())):
            looks = [replace(observation_of(entry), started=START - ago * DAY) for entry in customers(COUNT)]
            history.add(
                replace(observation, status="conformant", causes=frozenset())
                if observation.connection in well
                else observation
                for observation in looks
            )
    end = summarize(lambda: customers(COUNT), 12.0, "all", history=History(tmp_path / "history.db"))
    assert isinstance(end, FleetSummary)
    now = end.fleet.head.run.started
    since = {
        name: spell.sentence(now) for (name, cause), spell in end.fleet.past.since.items() if cause == "secret_expired"
    }
    assert since == {
        "customer-02": f"since {day_of(START - 3 * DAY)} or earlier",
        "customer-10": f"since {day_of(START - 2 * DAY)}",
        "customer-18": "new in this run",
    }
    text = page_of(end, tmp_path)
    assert all(spell in text for spell in since.values())
    assert "3 runs, from" in text
    assert since["customer-10"] in (tmp_path / "owners" / "entra-admin.html").read_text(encoding="utf-8")


def test_without_a_history_a_previous_run_shows_which_causes_are_new() -> None:
    fleet = overview(customers(COUNT), 12.0, "all", previous=replace(before(), started=START - DAY))
    now = fleet.head.run.started
    assert fleet.past.since["customer-02", "secret_expired"].sentence(now) == "new in this run"
    assert fleet.past.since["customer-10", "secret_expired"].sentence(now).endswith("or earlier")


def test_with_an_unreadable_history_only_the_dates_are_missing(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_text("no database")
    end = summarize(lambda: customers(COUNT), 12.0, "all", history=History(tmp_path / "history.db"))
    assert end is not None
    assert "Over time" not in page_of(end, tmp_path)


def test_each_owner_has_a_page_with_the_commands_of_their_connections_alone(tmp_path: Path) -> None:
    (tmp_path / "owners").mkdir()
    (tmp_path / "owners" / "network-admin.html").write_text("of an earlier run")
    end = summarize(lambda: customers(COUNT), 12.0, "all")
    assert end is not None
    page_of(end, tmp_path)
    assert {path.stem for path in (tmp_path / "owners").iterdir()} == {"azure-admin", "connection", "entra-admin"}
    text = (tmp_path / "owners" / "azure-admin.html").read_text(encoding="utf-8")
    assert "Azure administrator: 3 connections to fix" in text
    assert text.count("az role assignment create") >= 3
    assert "Ana, +1 555 0100" in text
    assert "customer-04" in text
    assert "customer-02" not in text
