"""The entry point for pytest: inert without ``--sentinel-config``, a cassette to replay, or a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.pytest_plugin.compiled import import_compiled
from conformance.pytest_plugin.loopback import pytest_itemcollected
from conformance.pytest_plugin.options import COMMANDS, CONFIG, SOURCE, pytest_addoption
from conformance.testing import sentinel_server, sentinel_tenant

__all__ = ["pytest_addoption", "pytest_itemcollected", "sentinel_server", "sentinel_tenant"]

import_compiled()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run the first command among the options and return its exit code; None if there is none."""
    for option in COMMANDS:
        if value := config.getoption(option):
            from conformance.pytest_plugin.garbage import paused_collector

            if capture := config.pluginmanager.getplugin("capturemanager"):
                capture.suspend_global_capture(in_=True)  # commands read the user's standard input
            with paused_collector():
                from conformance.pytest_plugin.cli import run

                return run(option, value, config)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Leave out a ``conftest.py`` of the current folder if a verification runs outside a project.

    It is then unrelated to the run, and its import may fail. In a project (a folder with pytest's settings), or if
    tests are named, it is used as usual.
    """
    namespace = early_config.known_args_namespace
    verifies = namespace.sentinel_config or namespace.sentinel_source.startswith("cassette")
    if verifies and early_config.inipath is None and not namespace.file_or_dir:
        namespace.noconftest = True


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Turn the session into a verification if a connection is given. Raises ``pytest.UsageError`` (exit code 4)."""
    if config.getoption(CONFIG) or config.getoption(SOURCE).startswith("cassette"):
        from conformance.pytest_plugin.garbage import paused_collector

        with paused_collector():
            from conformance.pytest_plugin.start import start

            start(config, Path(__file__).parent / "checks")
