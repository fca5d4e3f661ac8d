"""A fleet of virtual tenants: its members, their faults, and that each connection is answered by its own tenant."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance import Connection, load
from conformance.fakes import fleet as fleets
from conformance.fakes.fleet import SILENCES, WAYS, Fleet, causes
from conformance.fakes.network.asgi import Handler
from conformance.probing.clock import VirtualClock
from conformance.probing.transport import Patience
from conformance.sources.base import Channel
from conformance.verification.api import verify_all
from conformance.verification.result import Report
from tests import virtual_loop
from tests.contoso import secret_of


@dataclass
class InProcess:
    """A source that answers for a fleet, without sockets."""

    handler: Handler
    name: str = "fleet"
    clock: VirtualClock = field(default_factory=VirtualClock)

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        yield Channel(httpx.MockTransport(self.handler), self.clock, connection)  # type: ignore[arg-type]


def verified(
    fleet: Fleet,
    handler: Handler | None = None,
    patience: Patience | None = None,
    jobs: int = 8,
    run: Callable[[Coroutine[Any, Any, dict[str, Report]]], dict[str, Report]] = asyncio.run,
) -> dict[str, Report]:
    async def all_of_them() -> dict[str, Report]:
        connections = [connection for connection, _ in fleet.members()]
        reports = verify_all(connections, source=InProcess(handler or fleet.handler), patience=patience, jobs=jobs)
        return {report.connection.name: report async for report in reports}

    return run(all_of_them())


def causes_of(report: Report) -> tuple[str, ...]:
    return tuple(root_cause.root.finding.cause for root_cause in report.verdict.root_causes)


@pytest.mark.slow
def test_every_kind_of_fault_is_found_in_one_fleet() -> None:
    fleet = Fleet(len(WAYS) + len(SILENCES), broken=20 / 23, hanging=3 / 23)
    states = {connection.name: state for connection, state in fleet.members()}
    assert Counter(states.values()) == Counter([*WAYS, *SILENCES])
    assert {name: causes_of(report) for name, report in verified(fleet).items()} == {
        name: causes(state) for name, state in states.items()
    }


@pytest.mark.slow
def test_a_deadline_finds_the_same_silent_tenants_as_waiting() -> None:
    fleet = Fleet(3, hanging=1)

    async def silent(request: httpx.Request) -> httpx.Response:
        try:
            return await fleet.handler(request)
        except httpx.TimeoutException:
            return await asyncio.Event().wait()  # type: ignore[return-value]

    reports = verified(fleet, silent, Patience(deadline=1), run=virtual_loop.run)
    assert {causes_of(report) for report in reports.values()} == {("timed_out",)}


@pytest.mark.slow
def test_a_discarded_world_is_rebuilt_during_a_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "MAX_BUILT", 1)
    assert all(report.ok for report in verified(Fleet(3), jobs=3).values())


def test_faulty_tenants_are_spread_over_the_fleet() -> None:
    states = [state for _, state in Fleet(1000, broken=0.05, hanging=0.01).members()]
    troubled = [number for number, state in enumerate(states) if state != "healthy"]
    assert len(troubled) == 60
    assert sum(states[number] in SILENCES for number in troubled) == 10
    assert {later - number for number, later in pairwise(troubled)} <= {16, 17}
    assert {state for state in states if state in WAYS} == set(WAYS)


def test_ids_depend_only_on_the_number_of_the_tenant() -> None:
    def ids(count: int) -> list[str]:
        return [connection.workspace_id for connection, _ in Fleet(count).members()]

    assert ids(5) == ids(9)[:5]
    assert len({*ids(9)}) == 9


@pytest.mark.parametrize(("count", "broken", "hanging"), [(0, 0.0, 0.0), (10, 0.6, 0.5), (10, -0.1, 0.0)])
def test_an_impossible_fleet(count: int, broken: float, hanging: float) -> None:
    with pytest.raises(ValueError, match="one tenant or more"):
        Fleet(count, broken, hanging)


def test_its_files_can_be_read_by_a_run(tmp_path: Path) -> None:
    fleet = Fleet(46, broken=20 / 46, hanging=3 / 46)
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "tenant-99999.toml").write_text("of an earlier fleet")
    fleets.write(tmp_path, fleet, {"HTTPS_PROXY": "http://127.0.0.1:1"}, b"certificate")
    members = list(fleet.members())
    connections = load(tmp_path / "connections")
    assert [connection.facts() for connection in connections] == [connection.facts() for connection, _ in members]
    assert [secret_of(connection).reveal() for connection in connections] == [
        secret_of(own).reveal() for own, _ in members
    ]
    assert not any(secret_of(connection).exposed for connection in connections)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["tenants"] == 46
    assert manifest["troubled"] == {
        connection.name: {"state": state, "causes": list(causes(state))}
        for connection, state in members
        if state != "healthy"
    }
