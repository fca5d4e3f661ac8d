"""The shipped cassettes: they replay as they were recorded, without network and without credential."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import msgspec
import pytest

from conformance import verify
from conformance.recording import cassette
from conformance.recording.cassette import INTERACTIONS, MANIFEST, SHIPPED, Cassette
from conformance.recording.interaction import Answered, Interaction, RequestPart, key
from conformance.recording.replay import Library, MissingInteraction, Played, Replay
from conformance.sources.base import SourceError
from conformance.sources.resolve import source
from conformance.verification.pipeline import Wait, gather, select_checks

NAMES = cassette.names(SHIPPED)
each = pytest.mark.parametrize("name", NAMES)


def shipped(name: str) -> Played:
    return Library(Path("none"), name).find(name)


def without(played: Played, part: str) -> Played:
    """Return the cassette without the interactions whose URL contains a part."""
    interactions = tuple(
        interaction for interaction in played.cassette.interactions if part not in interaction.request.url
    )
    return Played(Cassette(manifest=played.cassette.manifest, interactions=interactions))


def test_some_cassettes_are_shipped() -> None:
    assert {"healthy", "expired-secret", "no-azure-role"} <= set(NAMES)


@pytest.mark.block_network
def test_outcomes_are_those_of_the_manifest(subtests: pytest.Subtests) -> None:
    for name in NAMES:
        with subtests.test(name=name):
            played = shipped(name)
            manifest = played.cassette.manifest
            report = verify(played.connection(), source=played, checks=[check.id for check in manifest.checks])
            assert cassette.check_parts(report.outcomes) == manifest.checks
            assert (report.verdict.status, report.verdict.exit_code) == (manifest.verdict, manifest.exit_code)


def test_shipped_cassettes_are_of_the_virtual_tenant_and_of_all_checks(subtests: pytest.Subtests) -> None:
    for name in NAMES:
        with subtests.test(name=name):
            manifest = shipped(name).cassette.manifest
            assert manifest.tier == "virtual"
            assert {check.id for check in manifest.checks} == {
                check.id for check in select_checks() if not check.reads_text
            }


def test_the_clock_of_a_replay_shows_the_time_of_the_recording() -> None:
    played = shipped("healthy")
    report = verify(played.connection(), source=played, checks=["CONN-007", "LA-030", "MDE-004"])
    dates = [exchange.date for exchange in report.gathered.exchanges if exchange.date]
    recorded = played.cassette.manifest.recorded
    assert max(abs(date - recorded) for date in dates).total_seconds() < 120
    assert [outcome.status for outcome in report.outcomes] == ["passed", "passed", "warning"]


@pytest.mark.parametrize(
    ("part", "check", "probe"),
    [
        ("/security/incidents", "GRAPH-002", "graph_incidents"),
        ("/oauth2/v2.0/token", "AUTH-003", "token_arm"),
        ("openid-configuration", "AUTH-001", "discovery"),
        ("/alertRules", "SENT-020", "alert_rules"),
    ],
)
def test_a_missing_answer_is_an_error_not_a_failure(part: str, check: str, probe: str) -> None:
    played = without(shipped("healthy"), part)
    report = verify(played.connection(), source=played)
    outcome = {outcome.check: outcome for outcome in report.outcomes}[check]
    assert outcome.status == "error"
    assert outcome.reason is not None
    assert outcome.reason.startswith(f"{probe}: MissingInteraction: cassette healthy holds no answer to ")
    assert "failed" not in {outcome.status for outcome in report.outcomes}


def test_queries_are_matched_by_their_text() -> None:
    url = "https://api.loganalytics.io/v1/workspaces/x/query"
    replay = Replay(
        "two",
        tuple(
            Interaction(
                request=RequestPart(method="POST", url=url, body={"query": query}),
                response=Answered(status=200, json={"asked": query}),
            )
            for query in ("B | take 1", "A | take 1")
        ),
    )

    async def ask(body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=replay) as client:
            headers = {"Content-Type": "application/json"}
            return await client.post(url, content=body, headers=headers)

    assert asyncio.run(ask(b'{ "query" : "A | take 1" }')).json() == {"asked": "A | take 1"}
    with pytest.raises(MissingInteraction, match="cassette two holds no answer to POST"):
        asyncio.run(ask(b'{"query":"C | take 1"}'))


def test_repeated_requests_get_the_recorded_answers_in_order_then_the_last() -> None:
    request = RequestPart(method="GET", url="https://graph.microsoft.com/v1.0/security/incidents?a=1&b=2")
    replay = Replay("turns", tuple(Interaction(request=request, response=Answered(status=s)) for s in (429, 200)))

    async def ask() -> list[int]:
        async with httpx.AsyncClient(transport=replay) as client:
            again = "https://graph.microsoft.com/v1.0/security/incidents?b=2&a=1"
            return [(await client.get(url)).status_code for url in (request.url, again, again)]

    assert asyncio.run(ask()) == [429, 200, 200]


@pytest.mark.parametrize(
    ("failure", "error"),
    [("dns_failure", httpx.ConnectError), ("timed_out", httpx.TimeoutException), ("proxy_denied", httpx.ProxyError)],
)
def test_a_network_failure_is_replayed_as_a_network_failure(failure: str, error: type[Exception]) -> None:
    request = RequestPart(method="GET", url="https://graph.microsoft.com/v1.0/security/incidents")
    replay = Replay("down", (Interaction(request=request, response=Answered(failure=failure)),))

    async def ask() -> None:
        async with httpx.AsyncClient(transport=replay) as client:
            await client.get(request.url)

    with pytest.raises(error):
        asyncio.run(ask())


def test_each_interaction_of_a_large_cassette_is_indexed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to find an answer does not grow with the number of answers."""
    small = shipped("healthy").cassette
    filler = tuple(
        Interaction(
            request=RequestPart(method="POST", url="https://api.loganalytics.io/v1/x", body={"query": f"T | take {n}"}),
            response=Answered(status=200, json={"rows": [["0123456789" * 100]] * 10}),
        )
        for n in range(100)
    )
    interactions = (*small.interactions, *filler)
    manifest = msgspec.structs.replace(small.manifest, requests=len(interactions))
    cassette.write(tmp_path / "big", cassette.files(Cassette(manifest=manifest, interactions=interactions)))
    assert (tmp_path / "big" / INTERACTIONS).stat().st_size > 1_000_000

    looked_at: list[RequestPart] = []

    def key_noted(request: RequestPart) -> str:
        looked_at.append(request)
        return key(request)

    monkeypatch.setattr("conformance.recording.replay.key", key_noted)
    played = Library(tmp_path).find("big")
    replay = Replay("big", played.cassette.interactions)

    async def ask_all() -> int:
        count = 0
        async with httpx.AsyncClient(transport=replay) as client:
            for interaction in interactions:
                request, body = interaction.request, interaction.request.body
                if body is None or "query" in body:
                    await client.request(request.method, request.url, json=body)
                    count += 1
        return count

    count = asyncio.run(ask_all())
    assert len(looked_at) == len(interactions) + count


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        (INTERACTIONS, b"", "is empty"),
        (MANIFEST, b" \n", "is empty"),
        (INTERACTIONS, b'{"schema": "sentinel-conf', "is damaged: no whole JSON document"),
        (INTERACTIONS, b"\xff\xfe\x00", "is damaged: no whole JSON document"),
        (INTERACTIONS, b"interactions:\n- request: {}\n", "is damaged: no whole JSON document"),
        (INTERACTIONS, b'{"version": 1, "interactions": []}', "is no part of a cassette of this suite"),
        (
            INTERACTIONS,
            b'{"schema": "sentinel-conformance/cassette/0"}',
            "this suite reads sentinel-conformance/cassette/1",
        ),
        (INTERACTIONS, b'{"schema": "sentinel-conformance/cassette/1"}', "is damaged: Object missing required field"),
        (INTERACTIONS, b'{"schema":"sentinel-conformance/cassette/1","interactions":[]}', "holds no interaction"),
        (MANIFEST, b'{"schema": "sentinel-conformance/report/1"}', "record it anew"),
        (MANIFEST, b'{"schema": 5}', "is damaged"),
        (MANIFEST, b'{"schema": "sentinel-conformance/cassette/1", "name": 1}', "is damaged"),
        (MANIFEST, None, "cannot be read: No such file"),
    ],
)
def test_a_cassette_that_cannot_be_replayed_is_reported_in_one_line(
    tmp_path: Path, file: str, content: bytes | None, says: str
) -> None:
    cassette.write(tmp_path / "one", cassette.files(shipped("expired-secret").cassette))
    if content is None:
        (tmp_path / "one" / file).unlink()
    else:
        (tmp_path / "one" / file).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        Library(tmp_path).find("one")
    assert str(tmp_path / "one" / file) in str(raised.value) or file == INTERACTIONS
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_files_of_two_recordings_are_not_a_cassette(tmp_path: Path) -> None:
    cassette.write(tmp_path / "one", cassette.files(shipped("expired-secret").cassette))
    other = cassette.files(shipped("healthy").cassette)
    (tmp_path / "one" / INTERACTIONS).write_bytes(other[INTERACTIONS])
    with pytest.raises(SourceError, match="the manifest is of another recording"):
        Library(tmp_path).find("one")


@pytest.mark.parametrize("name", ["../healthy", "a/b", "..", "a\\b"])
def test_a_cassette_name_that_is_a_path_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match="is no name of a cassette"):
        Library(SHIPPED).find(name)


def test_the_error_about_an_unknown_name_lists_the_names_that_exist(tmp_path: Path) -> None:
    cassette.write(tmp_path / "one", cassette.files(shipped("healthy").cassette))
    with pytest.raises(SourceError, match=r"two: no such cassette \(there are one\)"):
        Library(tmp_path).find("two")


def test_a_cassette_of_the_folder_precedes_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    own = shipped("expired-secret").cassette
    cassette.write(tmp_path / "healthy", cassette.files(own))
    assert Library(tmp_path).find("healthy").cassette == own
    assert source("cassette:healthy", cassettes=tmp_path).name == "cassette:healthy"


def test_several_waits_take_no_time() -> None:
    """The replay of a run with a long wait continues at once."""
    played = shipped("healthy")
    checks = select_checks(["SENT-001"])
    examination = asyncio.run(gather(played.connection(), played, checks, recheck=Wait(36_000)))
    assert [outcome.status for outcome in examination.outcomes(checks)] == ["passed"]
    assert examination.duration < 3600
