"""Removal of known secrets from pytest's reports: for its own output, for --junitxml and for other plugins."""

from __future__ import annotations

from typing import Any

from conformance.redaction.register import hide


def clean_report(report: Any) -> None:
    """Remove known secrets from a ``pytest.TestReport``: its failure, its captured output, its properties."""
    text = str(report.longrepr) if report.longrepr else ""
    if (hidden := hide(text)) != text:
        where = report.longrepr
        report.longrepr = (*where[:2], hide(where[2])) if isinstance(where, tuple) else hidden
    report.sections[:] = [(hide(title), hide(content)) for title, content in report.sections]
    report.user_properties[:] = [
        (name, hide(value) if isinstance(value, str) else value) for name, value in report.user_properties
    ]
