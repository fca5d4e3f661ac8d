"""A controllable tenant on a separate server: for the command line and the fixture `sentinel_server`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conformance.connection import Connection
from conformance.fakes import identities
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.client_files import made_up_connection
from conformance.fakes.network.control import Control
from conformance.fakes.network.server import Server, run_in_thread
from conformance.fakes.world import hosts


def server_of(stage: ControllableTenant, log: Callable[[str], None] | None = None, **options: Any) -> Server:
    """Return a server that answers from ``stage``, with its control; other arguments as for :class:`Server`."""
    control = Control(stage, log)
    return Server(
        stage.handler,
        hosts(),
        latency=stage.delay,
        log=control.note,
        control=control.handler,
        obstacle=stage.obstacle,
        **options,
    )


class ServedTenant(ControllableTenant):
    """A stage, and the ``server`` that answers from it."""

    server: Server


@contextmanager
def serve_tenant(
    connection: Connection | None = None, scenario: str = "healthy", **options: Any
) -> Iterator[ServedTenant]:
    """Serve a stage in a separate thread. Raises as :class:`Server` and :class:`ControllableTenant` do."""
    stage = ServedTenant(connection or made_up_connection(), scenario, identities=identities.made_up())
    with run_in_thread(server_of(stage, **options)) as stage.server:
        yield stage
