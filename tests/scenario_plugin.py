"""A pytest plugin for runs within a test: the name of a connection ends with its scenario, after a dot.

``.hangs`` never answers and creates a file ``hanging``; ``.is-a-fault-of-ours`` raises an unexpected exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from conformance import Connection
from conformance.fakes.source import Fake
from conformance.sources.base import Channel

HANGING = Path("hanging")
open_scenario = Fake.open


@asynccontextmanager
async def open_by_name(self: Fake, connection: Connection) -> AsyncIterator[Channel]:
    _, _, scenario = connection.name.partition(".")
    if scenario == "is-a-fault-of-ours":
        raise LookupError("nobody expects this")
    if scenario == "hangs":
        HANGING.touch()  # noqa: ASYNC240 - at once
        await asyncio.Event().wait()
    async with open_scenario(Fake(scenario or "healthy"), connection) as channel:
        yield channel


def pytest_configure(config: pytest.Config) -> None:
    """Open connections by their names until the run ends; its process may outlive it."""
    Fake.open = open_by_name  # type: ignore[method-assign]
    config.add_cleanup(lambda: setattr(Fake, "open", open_scenario))
