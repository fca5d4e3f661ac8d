"""A pytest plugin for runs in their own process: the name of a connection ends with its scenario, after a dot.

``.hangs`` never answers and creates a file ``hanging``; ``.is-a-fault-of-ours`` raises an unexpected exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from conformance import Connection
from conformance.fakes.source import Fake
from conformance.sources.base import Channel

HANGING = Path("hanging")
healthy_or_not = Fake.open


@asynccontextmanager
async def opened(self: Fake, connection: Connection) -> AsyncIterator[Channel]:
    _, _, scenario = connection.name.partition(".")
    if scenario == "is-a-fault-of-ours":
        raise LookupError("nobody expects this")
    if scenario == "hangs":
        HANGING.touch()  # noqa: ASYNC240 - at once
        await asyncio.Event().wait()
    async with healthy_or_not(Fake(scenario or "healthy"), connection) as channel:
        yield channel


Fake.open = opened  # type: ignore[method-assign]
