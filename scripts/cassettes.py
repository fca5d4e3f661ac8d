"""Record the cassettes that come with the suite, from the virtual tenant over TLS. Arguments select some of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance import Connection
from conformance.fakes import World, build
from conformance.fakes.network.client_files import made_up_connection
from conformance.fakes.network.server import serving
from conformance.fakes.world import hosts
from conformance.recording.recorder import Discarded, Recording
from conformance.verification.api import verify
from conformance.verification.pipeline import select_checks

FOLDER = Path(__file__).parents[1] / "cassettes"
SCENARIOS = (
    "healthy",
    "expired-secret",
    "no-graph-consent",
    "no-azure-role",
    "wrong-workspace",
    "table-missing",
    "partial-results",
)


def connection_named(name: str) -> Connection:
    """Return a made-up connection of this name, with a new secret at each call."""
    connection = made_up_connection()
    return Connection(
        name,
        connection.tenant_id,
        connection.client_id,
        connection.subscription_id,
        connection.resource_group,
        connection.workspace_id,
        connection.workspace_name,
        credential=connection.credential,
    )


def record(scenario: str) -> None:
    """Record one scenario under its name. Raises :class:`Discarded`."""
    world: World = build(connection_named(scenario), scenario)
    recording = Recording(FOLDER, "rewrite", tier="virtual")
    with serving(world.handler, hosts()) as server:
        os.environ.update(server.environment)
        report = verify(world.connection, source=recording.source(world.connection, select_checks()))
    print(recording.keep(world.connection, report.outcomes))


def main(names: Sequence[str]) -> int:
    """Record the named cassettes, all by default; return the exit code."""
    try:
        for scenario in names or SCENARIOS:
            record(scenario)
    except Discarded as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
