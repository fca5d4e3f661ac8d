"""Permission for tests that serve the virtual tenant to use this machine's own addresses, in spite of plugins that
forbid the network.
"""

from __future__ import annotations

import re

import pytest

FIXTURE = "sentinel_server"
ADDRESSES = ("127.0.0.1", "::1")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Allow loopback, and the hosts of the command line, for a test that uses the fixture and does not itself have such
    a mark.
    """
    if FIXTURE not in getattr(item, "fixturenames", ()):
        return
    config = item.config
    limits = config.getoption("--disable-socket", False) or config.getoption("--allow-hosts", None)
    if limits and not any(item.get_closest_marker(name) for name in ("allow_hosts", "enable_socket", "disable_socket")):
        item.add_marker(pytest.mark.allow_hosts([*_listed(config, "--allow-hosts"), *ADDRESSES]))
    if config.getoption("--block-network", False) and not item.get_closest_marker("block_network"):
        hosts = [*_listed(config, "--allowed-hosts"), *map(re.escape, ADDRESSES)]
        item.add_marker(pytest.mark.block_network(allowed_hosts=hosts))


def _listed(config: pytest.Config, option: str) -> list[str]:
    return [host.strip() for host in (config.getoption(option, None) or "").split(",") if host.strip()]
