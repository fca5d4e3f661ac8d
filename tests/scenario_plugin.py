"""A plugin for runs of pytest inside a test: the name of each connection ends with its scenario, after a dot.

``.hangs`` never answers, and leaves a file ``hanging``; ``.has-an-internal-error`` raises what nobody expects.
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
    if scenario == "has-an-internal-error":
        raise LookupError("nobody expects this")
    if scenario == "hangs":
        HANGING.touch()  # noqa: ASYNC240 - at once
        await asyncio.Event().wait()
    async with open_scenario(Fake(scenario or "healthy"), connection) as channel:
        yield channel


def pytest_configure(config: pytest.Config) -> None:
    """Have the scenarios of names until the run ends, also where its process goes on."""
    Fake.open = open_by_name  # type: ignore[method-assign]
    config.add_cleanup(lambda: setattr(Fake, "open", open_scenario))
