"""Fixtures that many tests use: a made-up connection and its verification on the virtual tenant."""

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
"""The extra ``fast``, and the behaviour without it: httpx sends all requests."""

settings.register_profile("patient", deadline=None)  # the machine may be busy
settings.load_profile("patient")

gc.set_threshold(200_000, 20, 100)  # reports that tests share stay in memory, and are gone through in each collection


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Add one worker to the number of processors: many tests wait for other processes or for a timeout."""
    return (yield) + 1


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies, certificates and colour settings of this machine from the environment."""
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
    """Clear the register of secrets: a value that was secret in another test is readable in this one."""
    REGISTER.clear()


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> ContextVar[str]:
    """Return a context variable: the transport that sends the current task's requests, one of ``TRANSPORTS``."""
    variable = ContextVar("transport", default=TRANSPORTS[0])
    monkeypatch.setattr(kept_socket, "is_parser_installed", lambda: variable.get() == "fast")
    return variable


@pytest.fixture(params=TRANSPORTS)
def each_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with each of ``TRANSPORTS``; return the name."""
    name: str = request.param
    monkeypatch.setattr(kept_socket, "is_parser_installed", lambda: name == "fast")
    return name


@pytest.fixture
def connection() -> Connection:
    return made_up()


@pytest.fixture
def verified() -> Callable[..., Report]:
    """Return a function that verifies the connection on the virtual tenant, in a scenario, at a fixed moment.

    The report is computed once per session and set of arguments: a report does not change.
    """
    return report_of
