"""Apply strict mode and baseline to outcomes and report them to pytest."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import pytest

from conformance.checks.outcome import Outcome
from conformance.probing.probe import CONNECTION
from conformance.pytest_plugin.cases import CASE, WORDS, Case, describe, properties, pytest_outcome, status_of
from conformance.pytest_plugin.items import case_of
from conformance.redaction import clean_report
from conformance.verification.pipeline import Policy


class OutcomePlugin:
    """The hooks of an item's call; ``quiet`` prints no letters."""

    def __init__(self, policy: Policy, *, quiet: bool) -> None:
        self.policy = policy
        """Its baseline is read once own checks are imported."""
        self._quiet = quiet

    def outcome_of(self, case: Case, others: Mapping[str, Any] | None = None) -> Outcome:
        """The outcome of a case as this run takes it: warnings as failures or not, known findings accepted."""
        (case.outcome,) = self.policy.apply([case.judge(others or {})], case.run.connection.name)
        return case.outcome

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = case_of(pyfuncitem)
        if case is None:
            return None
        known = {*case.check.needs, *(case.check.given or {}), CONNECTION, CASE, "request"}
        arguments = pyfuncitem._fixtureinfo.argnames
        outcome = self.outcome_of(case, {name: pyfuncitem.funcargs[name] for name in arguments if name not in known})
        pyfuncitem.user_properties += properties(case, outcome)
        if pytest_outcome(outcome) == "failed":
            pytest.fail(describe(case, outcome), pytrace=False)
        if pytest_outcome(outcome) == "skipped":
            pytest.skip(describe(case, outcome))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and case.outcome and call.when == "call":
            report.sentinel = status_of(case.outcome)
            report.duration = case.duration
        clean_report(report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        status = getattr(report, "sentinel", None)
        if status is None or report.when != "call":
            return None
        return status, *(("", "") if self._quiet else WORDS[status])
