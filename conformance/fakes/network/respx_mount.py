"""The virtual tenant for httpx clients of this process: respx replaces the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import respx

from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.httpx2_mount import mount_httpx2
from conformance.fakes.world import hosts


@contextmanager
def mount(stage: ControllableTenant) -> Iterator[None]:
    """Answer every ``httpx.Client`` and ``AsyncClient``, and those of httpx2, from ``stage``; requests to other hosts
    fail the test, as with respx.
    """
    with respx.mock(assert_all_called=False) as router, mount_httpx2(stage):
        router.route(host__in=list(hosts())).mock(side_effect=stage.answer)
        yield
