"""What many tests start from: a made-up connection, and its verification on the virtual tenant."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator
from contextvars import ContextVar

import pytest
from hypothesis import settings

from conformance import Connection
from conformance.redaction.register import REGISTER
from conformance.sources import kept_socket
from conformance.verification.result import Report
from tests.contoso import made_up
from tests.verified_reports import report_of

TRANSPORTS = ("fast", "httpx")
"""The extra ``fast``, and as where it is not installed: httpx sends all requests then."""

settings.register_profile("patient", deadline=None)  # the machine may be busy
settings.load_profile("patient")

gc.set_threshold(200_000, 20, 100)  # reports that tests share stay in memory, and are gone through in each collection


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Have one worker more than there are processors: many tests wait for other processes, or for a timeout."""
    return (yield) + 1


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies, certificates and colours of this machine are nobody's business here."""
    for name in [*os.environ]:
        if name.upper().endswith("_PROXY") or name in (
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "NO_COLOR",
            "FORCE_COLOR",
            "CI",
        ):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    """What another test knew as a secret stays readable in this one."""
    REGISTER.clear()


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> ContextVar[str]:
    """A variable: who sends the requests of the current task, one of ``TRANSPORTS``."""
    variable = ContextVar("transport", default=TRANSPORTS[0])
    monkeypatch.setattr(kept_socket, "is_parser_installed", lambda: variable.get() == "fast")
    return variable


@pytest.fixture(params=TRANSPORTS)
def each_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with each of ``TRANSPORTS``."""
    name: str = request.param
    monkeypatch.setattr(kept_socket, "is_parser_installed", lambda: name == "fast")
    return name


@pytest.fixture
def connection() -> Connection:
    return made_up()


@pytest.fixture
def verified() -> Callable[..., Report]:
    """Verifies the connection on the virtual tenant, in the state of a scenario, at a fixed moment. Once in a session
    for the same: a report does not change.
    """
    return report_of
