"""Apply strict mode and baseline to outcomes and report them to pytest."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import pytest

from conformance.checks.outcome import Outcome
from conformance.probing.probe import CONNECTION
from conformance.pytest_plugin.cases import CASE, WORDS, Case, describe, pytest_outcome, status_of
from conformance.pytest_plugin.items import case_of, conclude
from conformance.redaction import clean_report
from conformance.verification.pipeline import Policy

CATEGORIES: Mapping[str, str] = {"passed": "passed", "warning": "passed", "failed": "failed", "error": "failed"}
"""pytest's category of an outcome; all others are skipped. Other plugins read the counts, so the words are pytest's
own.
"""


class OutcomePlugin:
    """The hooks of an item's call."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        """Its baseline is read after the user's own checks are imported."""

    def outcome_of(self, case: Case, others: Mapping[str, Any] | None = None) -> Outcome:
        """Return the outcome of a case after strict mode and baseline."""
        (case.outcome,) = self.policy.apply([case.judge(others or {})], case.run.connection.name)
        return case.outcome

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Report the outcome of a check; None leaves any other function to pytest."""
        case = case_of(pyfuncitem)
        if case is None:
            return None
        names = {*case.check.needs, *(case.check.given or {}), CONNECTION, CASE, "request"}
        arguments = pyfuncitem._fixtureinfo.argnames
        conclude(
            pyfuncitem,
            case,
            self.outcome_of(case, {name: pyfuncitem.funcargs[name] for name in arguments if name not in names}),
        )
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Add the outcome of a check to its report, as ``sentinel``, unless another plugin or fixture ended the test.

        For a passed setup or teardown it is ``None``.
        """
        report = yield
        case = case_of(item)
        if case is not None and call.when != "call":
            if report.passed:
                report.sentinel = None
        elif case is not None and case.outcome and report.outcome == pytest_outcome(case.outcome):
            report.sentinel = status_of(case.outcome)
            report.duration = case.duration
            if report.skipped:
                path, line, _ = item.reportinfo()
                report.longrepr = (str(path), (line or 0) + 1, f"Skipped: {describe(case, case.outcome)}")
        clean_report(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Return the category, the letter and the word of an outcome."""
        status = getattr(report, "sentinel", None)
        if status is None or report.outcome == "rerun":
            return None
        return CATEGORIES.get(status, "skipped"), *WORDS[status]
