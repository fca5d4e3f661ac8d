"""Fixtures: a virtual tenant over sockets, whose state a test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.fakes.network.server import Server, serving
from conformance.fakes.world import hosts
from tests.recording.tenants import Tenant


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture(scope="module")
def server(tenant: Tenant) -> Iterator[Server]:
    with serving(tenant.handler, hosts()) as server:  # type: ignore[arg-type]
        yield server
