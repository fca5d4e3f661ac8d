"""The journal: finished connections are in a file at once, and can be read however the run ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.entry import Entry, entry, fingerprint
from conformance.report.model import ConnectionPart, TargetPart, VerdictPart
from conformance.results.journal import Journal, JournalError
from conformance.results.packed_lines import PackedLines
from conformance.verification.result import Report
from tests.contoso import made_up


def part(name: str) -> msgspec.Raw:
    """Return the part of a report about a connection without outcomes."""
    target = TargetPart(cloud="public", tenant_id="", client_id="", subscription_id="", resource_group="", workspace="")
    part = ConnectionPart(
        name=name,
        target=target,
        verdict=VerdictPart(status="conformant", exit_code=0, counts={}, summary=""),
        root_causes=(),
        accepted=(),
        checks=(),
        requests=(),
        shapes={},
    )
    return msgspec.Raw(msgspec.json.encode(part))


ENTRIES = st.lists(
    st.builds(
        Entry,
        name=st.text(),
        fingerprint=st.text(),
        source=st.text(),
        started=st.datetimes(timezones=st.just(UTC)),
        duration_s=st.floats(0, 1e6),
        requests=st.integers(0, 2**40),
        throttled=st.integers(0, 2**40),
        connection=st.text().map(lambda name: part(name)),
    ),
    max_size=6,
)


def new_entry(name: str = "contoso", mark: str = "1") -> Entry:
    return Entry(
        name=name,
        fingerprint=mark,
        source="fake",
        started=datetime(2026, 11, 24, tzinfo=UTC),
        duration_s=1.0,
        requests=2,
        throttled=0,
        connection=part(name),
    )


def new_journal(path: Path, *entries: Entry, process: str = "") -> Journal:
    journal = Journal(path).of(process) if process else Journal(path)
    if not process:
        journal.start()
    for each in entries:
        journal.add(each)
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / "connections.jsonl"


@given(ENTRIES)
def test_written_entries_are_read(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    path = tmp_path_factory.mktemp("journal") / "connections.jsonl"
    for journal in (Journal(path), Journal()):
        journal.start()
        for each in entries:
            journal.add(each)
        assert list(journal.entries()) == entries
        firsts = {entry.name: entry for entry in reversed(entries)}
        assert list(journal.in_order(str)) == [firsts[name] for name in sorted(firsts)]


def test_each_entry_can_be_read_as_soon_as_it_is_added(path: Path) -> None:
    journal = Journal(path)
    journal.start()
    for number in range(3):
        journal.add(new_entry(f"customer-{number}"))
        assert [entry.name for entry in Journal(path).entries()] == [
            f"customer-{earlier}" for earlier in range(number + 1)
        ]


def test_a_line_that_was_cut_off_is_not_an_entry(path: Path) -> None:
    journal = new_journal(path, new_entry("a"), new_entry("b"))
    whole = path.read_bytes()
    for cut in (1, 20):
        path.write_bytes(whole[:-cut])
        assert [entry.name for entry in journal.entries()] == ["a"]


@given(st.data())
def test_a_run_cut_off_at_any_byte_is_resumed_with_its_complete_entries(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The files of the run and of its workers are cut at any byte; a name can be in several of them."""
    path = tmp_path_factory.mktemp("journal") / "connections.jsonl"
    names, whole = st.lists(st.sampled_from("abcdef"), max_size=4), set()
    for process in ("", "gw0", "gw1"):
        journal = new_journal(path, *map(new_entry, data.draw(names)), process=process)
        if journal.path and journal.path.exists():
            content = journal.path.read_bytes()
            journal.path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
            whole |= {entry.name for entry in journal.entries()}
    fingerprints = dict.fromkeys("abcde", "1")
    journal = Journal(path)
    assert set(journal.finished(fingerprints)) == whole & fingerprints.keys()
    journal.start(fingerprints)
    assert sorted(entry.name for entry in journal.entries()) == sorted(whole & fingerprints.keys())


@pytest.mark.parametrize("line", [b"{\n", b"null\n", b'{"name": 1}\n', b"\xff\xfe\n", b"\n"])
def test_an_invalid_line_is_an_error_of_one_line_and_not_changed(path: Path, line: bytes) -> None:
    journal = new_journal(path, new_entry())
    content = path.read_bytes() + line
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"connections\.jsonl: no journal to go on from: ") as raised:
        list(journal.entries())
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_loses_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = new_journal(tmp_path / "file" / "connections.jsonl", new_entry("a"), new_entry("b"))
    assert isinstance(journal.problem, OSError)
    assert [entry.name for entry in journal.entries()] == ["a", "b"]


def test_a_journal_that_cannot_be_rewritten_keeps_the_valid_entries_of_the_last_run(path: Path) -> None:
    journal = new_journal(path, new_entry("kept"), new_entry("old", "2"))
    path.with_name(f"{path.name}.part").mkdir()
    journal.start({"kept": "1", "old": "1"})
    journal.add(new_entry("new"))
    assert isinstance(journal.problem, OSError)
    assert [entry.name for entry in journal.in_order(str)] == ["kept", "new"]


def test_nothing_is_written_after_an_incomplete_line(path: Path) -> None:
    """This happens on a full disk: a later entry would be read as a part of the incomplete line."""
    journal = new_journal(path, new_entry("a"))
    journal.problem = OSError("No space left on device")
    path.write_bytes(path.read_bytes() + b'{"name": "b')
    journal.add(new_entry("c"))
    assert [entry.name for entry in journal.in_order(str)] == ["a", "c"]


def test_a_removed_folder_loses_no_later_verdict(path: Path) -> None:
    journal = Journal(path)
    journal.start()
    path.unlink()
    path.parent.rmdir()
    journal.add(new_entry("later"))
    assert isinstance(journal.problem, OSError)
    assert [entry.name for entry in journal.in_order(str)] == ["later"]


def test_only_entries_with_the_current_fingerprint_are_finished_and_once(path: Path) -> None:
    journal = new_journal(path, new_entry("a"), new_entry("b", "old"), new_entry("a"), new_entry("gone"))
    fingerprints = {"a": "1", "b": "1", "c": "1"}
    assert journal.finished(fingerprints) == {"a": new_entry().started}
    journal.start(fingerprints)
    assert list(journal.entries()) == [new_entry("a")]


def test_a_run_that_is_not_resumed_starts_with_an_empty_journal(path: Path) -> None:
    journal = new_journal(path, new_entry("a"))
    new_journal(path, new_entry("b"), process="gw0")
    journal.start()
    assert not list(journal.entries())
    assert not journal.others()


def test_entries_of_all_processes_of_a_killed_run_count_once(path: Path) -> None:
    journal = new_journal(path, new_entry("a"))
    new_journal(path, new_entry("a"), new_entry("b"), process="gw0")
    new_journal(path, new_entry("c"), new_entry("d", "old"), process="gw1")
    fingerprints = dict.fromkeys("abcd", "1")
    assert list(journal.finished(fingerprints)) == ["a", "b", "c"]
    journal.start(fingerprints)
    assert [entry.name for entry in journal.entries()] == ["a", "b", "c"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_entries_of_another_process_are_read_as_they_are_written(path: Path) -> None:
    """An incomplete line is read as soon as it is complete."""
    journal = new_journal(path)
    other = new_journal(path, new_entry("a"), process="gw0")
    assert other.path
    (worker_journal,) = journal.others()
    assert [entry.name for entry in worker_journal.fresh()] == ["a"]
    whole = msgspec.json.encode(new_entry("b")) + b"\n"
    before = other.path.read_bytes()
    for part, names in ((whole[:9], []), (whole, ["b"]), (whole, [])):
        other.path.write_bytes(before + part)
        assert [entry.name for entry in worker_journal.fresh()] == names


def test_an_entry_contains_its_part_of_the_report(verified: Callable[..., Report]) -> None:
    expired = entry(verified("expired-secret"), made_up(), "all")
    assert expired.part.verdict.status == "nonconformant"
    assert expired.requests == verified("expired-secret").gathered.requests


def test_a_fingerprint_depends_on_connection_source_and_selection_not_on_the_credential() -> None:
    fingerprints = {
        fingerprint(made_up(**values), source, selection)
        for values in ({}, {"tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000009"}, {"name": "other"})
        for source in ("live", "fake")
        for selection in ("all", "-m auth")
    }
    assert len(fingerprints) == 12
    assert fingerprint(made_up(client_secret="another"), "live", "all") in fingerprints


def test_lines_in_memory_are_read_unchanged() -> None:
    lines = PackedLines()
    blocks = [bytes(range(256)) * count for count in (700, 1, 700, 0, 300)]
    blocks[2] = blocks[2].replace(b"abc", b"another")
    for line in blocks:
        lines.add(line)
    assert [*lines] == blocks
    assert lines[2] == blocks[2]
    assert len(lines) == 5
