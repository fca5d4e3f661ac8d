"""Flaws of other plugins that a verification cannot work around: one warning each, before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Flaw:
    """The problem that the option ``option`` of another plugin causes if it is set."""

    option: str
    text: str


FLAWS = (
    Flaw(
        "nunit_xmlpath",
        "pytest-nunit writes a blocked or inconclusive check as passed into its file: publish --junitxml=FILE instead",
    ),
    Flaw("nagios", "--nagios of testinfra reports what could not be established as OK, with exit code 0"),
    Flaw(
        "suppress_tests_failed_exit_code",
        "--suppress-tests-failed-exit-code of pytest-custom-exit-code ends a run with 0 whose verdict has exit code 1",
    ),
    Flaw("forked", "--forked of pytest-forked loses the outcomes of the checks: leave it out"),
)


def flaws(config: pytest.Config) -> Iterator[str]:
    """Yield a warning for each flaw that affects this run."""
    for flaw in FLAWS:
        if config.getoption(flaw.option, None):
            yield f"WARNING: {flaw.text}"
