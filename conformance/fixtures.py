"""Fixtures for the tests of other projects: a virtual tenant for the code that talks to Microsoft Sentinel.

They are there as soon as the package is installed, and cost nothing until a test asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.fakes.served import Served
    from conformance.fakes.stage import Stage


@pytest.fixture
def sentinel_tenant() -> Iterator[Stage]:
    """A virtual tenant that answers every httpx client of the test, under the services' own host names."""
    from conformance.fakes.handout import made_up
    from conformance.fakes.mounting import mounted
    from conformance.fakes.stage import Stage

    stage = Stage(made_up())
    with mounted(stage):
        yield stage


@pytest.fixture
def sentinel_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A virtual tenant over sockets, for any client and for subprocesses; the environment leads there in the test."""
    from conformance.fakes.handout import variables
    from conformance.fakes.served import served

    with served() as stage:
        for name, value in {**stage.server.environment, **variables(stage.connection)}.items():
            monkeypatch.setenv(name, value)
        # urllib reads the environment once, at the first request of a process, and keeps what it found.
        monkeypatch.setattr("urllib.request._opener", None)
        yield stage
