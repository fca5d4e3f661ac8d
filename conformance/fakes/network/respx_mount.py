"""The virtual tenant for httpx clients of this process: respx stands between them and the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import respx

from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.world import hosts


@contextmanager
def mount(stage: ControllableTenant) -> Iterator[None]:
    """Every ``httpx.Client`` and ``AsyncClient`` is answered from ``stage``; requests to other hosts fail the test, as
    respx does it.
    """
    with respx.mock(assert_all_called=False) as router:
        router.route(host__in=list(hosts())).mock(side_effect=stage.answer)
        yield
