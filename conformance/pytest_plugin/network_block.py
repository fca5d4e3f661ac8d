"""Options of other plugins that forbid the network: a live run obeys them, and reports it before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from conformance.connection import Connection
from conformance.errors import UsageError


@dataclass(frozen=True, slots=True)
class Block:
    """How a plugin forbids the network: its options, the option that names allowed hosts, and how it matches them."""

    options: Sequence[str]
    hosts: str
    matches: Callable[[str, str], object]
    """Returns a true value if a pattern, the first argument, allows a host."""
    overridden_by: str | None = None


BLOCKS = (
    Block(("--disable-socket", "--allow-hosts"), "--allow-hosts", str.__eq__, "--force-enable-socket"),  # pytest-socket
    Block(("--block-network",), "--allowed-hosts", re.match),  # pytest-recording
)


def check_network(config: pytest.Config, connections: Sequence[Connection]) -> None:
    """Raise :class:`UsageError` if another plugin forbids hosts that a live verification of these connections needs."""
    for block in BLOCKS:
        options = [option for option in block.options if config.getoption(option, None)]
        if not options or (block.overridden_by and config.getoption(block.overridden_by, False)):
            continue
        allowed = [host.strip() for host in (config.getoption(block.hosts, None) or "").split(",") if host.strip()]
        needed = {host for connection in connections for host in connection.hosts}
        refused = sorted(host for host in needed if not any(block.matches(pattern, host) for pattern in allowed))
        if refused:
            raise UsageError(
                f"{options[0]} forbids what a live verification has to ask: {', '.join(refused)}; nothing was sent. "
                f"Allow these hosts with {block.hosts}, or verify with --sentinel-source=fake or cassette"
            )
