"""A fleet of virtual tenants in different states: the scenario follows a dot in the connection's name.

Workers load this file (``dask worker --preload``). The name of each connection that is opened is added to a file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from conformance import Connection
from conformance.fakes.source import Fake
from conformance.probing.shortage import Shortage
from conformance.sources.base import Channel
from conformance.verification import pipeline

OPENED = "FLEET_OPENED"
"""The variable with the path of the file of opened connections."""
HOLD = "FLEET_HOLD"
"""The variable with the number of connections that are opened before all others wait for the gate."""
GATE = "FLEET_GATE"
"""The variable with the path of a file: the gate opens as soon as it exists; without the variable it stays closed."""
LACKS = "FLEET_LACKS"
"""The variable with the number of connections that are opened before this machine lacks open files for all others."""
PAUSE = float(os.environ.get("FLEET_PAUSE", "0.2"))
"""Seconds before the first answer of a tenant."""
healthy_or_not = getattr(Fake, "untouched", Fake.open)
Fake.untouched = healthy_or_not  # type: ignore[attr-defined]  # Dask loads this file more than once


@asynccontextmanager
async def open_mixed(self: Fake, connection: Connection) -> AsyncIterator[Channel]:
    note(connection.name)
    if len(notes()) > int(os.environ.get(HOLD, "1000000")):
        await gate()
    if len(notes()) > int(os.environ.get(LACKS, "1000000")):
        raise Shortage("open files")
    if connection.name.endswith(".kills-its-worker"):
        os._exit(9)
    await asyncio.sleep(PAUSE)
    _, _, scenario = connection.name.partition(".")
    async with healthy_or_not(Fake(scenario or "healthy"), connection) as channel:
        yield channel


async def gate() -> None:
    while not is_open():  # noqa: ASYNC110 - another process opens it
        await asyncio.sleep(0.02)


def is_open() -> bool:
    return GATE in os.environ and Path(os.environ[GATE]).exists()


def note(name: str) -> None:
    with open(os.environ[OPENED], "a", encoding="utf-8") as file:
        file.write(f"{name}\n")


def notes() -> list[str]:
    """Return the names of the connections opened, in this order."""
    path = Path(os.environ[OPENED])
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


if OPENED in os.environ:  # in a worker; tests replace it themselves if they need it
    Fake.open = open_mixed  # type: ignore[method-assign]
if LACKS in os.environ:  # waiting would not bring more files
    pipeline.PAUSES = ()
