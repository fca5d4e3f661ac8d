"""A stage on a server of its own: what the command line serves, and the fixture `sentinel_server`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conformance.connection import Connection
from conformance.fakes.control import Control
from conformance.fakes.handout import made_up
from conformance.fakes.server import Server, entered
from conformance.fakes.stage import Stage
from conformance.fakes.world import hosts


def server_of(stage: Stage, log: Callable[[str], None] | None = None, **options: Any) -> Server:
    """A server that answers from ``stage``, and lets it be controlled; the rest as for :class:`Server`."""
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


class Served(Stage):
    """A stage, and the ``server`` that answers from it."""

    server: Server


@contextmanager
def served(connection: Connection | None = None, scenario: str = "healthy", **options: Any) -> Iterator[Served]:
    """Serves a stage from a thread of its own. Raises as :class:`Server` and :class:`Stage` do."""
    stage = Served(connection or made_up(), scenario)
    with entered(server_of(stage, **options)) as stage.server:
        yield stage
