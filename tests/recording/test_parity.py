"""One connection, three sources: over sockets, in process and from a cassette, all checks have the same outcomes."""

from __future__ import annotations

import pytest

from conformance import verify
from conformance.fakes import build
from conformance.fakes.network.server import Server
from conformance.recording import cassette
from conformance.recording.cassette import SHIPPED
from conformance.recording.recorder import Recording
from conformance.recording.replay import Library
from conformance.verification.pipeline import select_checks
from tests.contoso import made_up
from tests.recording.tenants import Tenant

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scenario", cassette.names(SHIPPED))
def test_all_sources_have_the_same_outcomes(
    scenario: str,
    tenant: Tenant,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    tenant.world = build(made_up(), scenario)
    recording = Recording(tmp_path_factory.mktemp("cassettes"), "all", tier="virtual")
    live = verify(tenant.world.connection, source=recording.source(tenant.world.connection, select_checks()))
    folder = recording.keep(tenant.world.connection, live.outcomes)
    assert folder is not None
    tenant.world = build(made_up(), "service-down")  # a request over the network gets no answer

    fake = verify(made_up(), source=f"fake:{scenario}")
    played = Library(folder.parent).find(folder.name)
    replayed = verify(played.connection(), source=played)
    shipped = Library(SHIPPED, scenario).find(scenario)
    shipped_report = verify(shipped.connection(), source=shipped)

    assert cassette.check_parts(live.outcomes) == cassette.check_parts(fake.outcomes)
    assert cassette.check_parts(live.outcomes) == cassette.check_parts(replayed.outcomes)
    # CONN-005 checks the file itself, which differs: the shipped connection has another secret in another place.
    assert [part for part in cassette.check_parts(shipped_report.outcomes) if part.id != "CONN-005"] == [
        part for part in cassette.check_parts(live.outcomes) if part.id != "CONN-005"
    ]
    assert {report.verdict.exit_code for report in (live, fake, replayed, shipped_report)} == {live.verdict.exit_code}
