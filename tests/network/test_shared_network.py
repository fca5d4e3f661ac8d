"""A network failure of several hosts is one finding, which lists them and the hosts to allow."""

from __future__ import annotations

from collections.abc import Callable

from conformance.verification.result import Report
from tests.contoso import made_up


def test_several_denied_hosts_are_one_finding(verified: Callable[..., Report]) -> None:
    (cause,) = verified("proxy-denies").verdict.root_causes
    finding = cause.root.finding
    for host in ("graph.microsoft.com", "api.security.microsoft.com"):
        assert host in finding.explanation
        assert f"curl --verbose --max-time 10 https://{host}/" in finding.fix.commands
    assert ", ".join(made_up().hosts) in finding.fix.text


def test_the_allow_list_has_the_hosts_of_the_connection() -> None:
    assert made_up(apis=("graph",)).hosts == ("login.microsoftonline.com", "graph.microsoft.com")
