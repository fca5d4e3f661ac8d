"""Tests that run beside the checks, and failures outside the outcomes of checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


class OtherTests:
    """Counts reports that are not outcomes of checks, and keeps those that failed."""

    def __init__(self) -> None:
        self.ran = 0
        self.failed: list[pytest.TestReport | pytest.CollectReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the tests of others than this plugin, and remember their failures."""
        if not hasattr(report, "sentinel"):
            self.ran += report.when == "call"
            self._keep(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember the files that could not be collected."""
        self._keep(report)

    def _keep(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report)

    def names(self) -> Iterator[str]:
        """Yield the node ids of the failures, each once."""
        yield from dict.fromkeys(report.nodeid for report in self.failed)

    def show(self, reporter: Any) -> None:
        """Write each failure with its traceback to pytest's terminal reporter, and the names as a list after them."""
        if not self.failed:
            return
        writer = reporter.config.get_terminal_writer()
        reporter.write_sep("=", "failures beside the checks")
        for report in self.failed:
            reporter.write_sep("_", report.head_line or report.nodeid, red=True, bold=True)
            report.toterminal(writer)
            for title, text in report.sections:
                reporter.write_sep("-", title)
                reporter.write_line(text.rstrip())
        for name in self.names():
            reporter.write_line(f"FAILED {name}", red=True)
        reporter.write_line("")
