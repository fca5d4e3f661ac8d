"""Reports with less memory for the run of a fleet: pytest's terminal reporter keeps all reports until the end."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import pytest

Function = tuple[str, str, int | None]
"""A test function: its node id, its file and its line, as in pytest's reports."""


class LightReport(pytest.TestReport):
    """The report of a check that ran, without the data of its item: keywords, properties and the time of day."""

    __slots__ = ("_check", "_connection", "_function", "duration", "longrepr", "outcome", "sentinel")
    _function: Function
    _connection: str
    _check: str
    sentinel: str
    when = "call"
    start = stop = 0.0

    @classmethod
    def of(cls, report: pytest.TestReport) -> LightReport | None:
        """Return the same report in less memory; None if it contains more than a check's report."""
        facts = dict(report.user_properties)
        connection, check = str(facts.get("connection")), str(facts.get("id"))
        function, bracket, parameters = report.nodeid.partition("[")
        if report.outcome == "failed" or report.sections or bracket + parameters != f"[{connection}-{check}]":
            return None
        light = cls.__new__(cls)
        light._function = _shared((function, *report.location[:2]))
        light._connection, light._check = sys.intern(connection), sys.intern(check)
        light.duration, light.outcome, light.longrepr = report.duration, report.outcome, report.longrepr
        if isinstance(report.longrepr, tuple):
            path, line, text = report.longrepr
            light.longrepr = (sys.intern(path), line, sys.intern(text))
        light.sentinel = report.sentinel
        return light

    def __getattr__(self, name: str) -> Any:
        """Return an attribute that is not stored, but computed from the others."""
        if name in ("keywords", "user_properties", "sections"):
            return {} if name == "keywords" else []
        if name not in ("nodeid", "_id", "location"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        function, path, line = self._function
        parameters = f"[{self._connection}-{self._check}]"
        if name == "location":
            return path, line, function.rpartition("::")[2] + parameters
        if name == "nodeid":  # before pytest 9.2
            return function + parameters
        pytest.TestReport.nodeid.__set__(self, function + parameters)  # type: ignore[attr-defined]
        return vars(self).pop(name)


@cache
def _shared(function: Function) -> Function:
    """Return the same tuple for equal tuples."""
    return function


class LightReports:
    """The hook that lets pytest's terminal reporter keep one light report per check instead of three."""

    def __init__(self, config: pytest.Config, *, quiet: bool) -> None:
        self._config, self._quiet = config, quiet

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Replace a report that the terminal reporter has just counted."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or not hasattr(report, "sentinel"):
            return
        if report.sentinel is None:
            _replace(reporter.stats.get("", []), report, None)
        elif light := LightReport.of(report):
            for category in ("passed", "skipped"):
                _replace(reporter.stats.get(category, []), report, light)
            if self._quiet:  # only needed for the percentage, which is hidden
                getattr(reporter, "_progress_nodeids_reported", set()).clear()


def _replace(reports: list[pytest.TestReport], report: pytest.TestReport, light: LightReport | None) -> None:
    """Replace the last of these reports, if it is ``report``."""
    if reports and reports[-1] is report:
        reports[-1:] = [light] if light else []
