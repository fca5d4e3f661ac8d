"""The share of healthy verdicts on a healthy tenant that changes during the verification.

`python -m benchmarks.living [RUNS]` prints every false finding.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from conformance import Connection, verify
from conformance.fakes import Fake
from conformance.fakes.network.client_files import made_up_connection
from conformance.verification.result import Report

RATES = (1, 2, 3, 6)
"""Events between two requests on average, in turn."""


def words(report: Report) -> set[tuple[str, str, str | None]]:
    """Return the findings of a report: checks that did not pass, with their outcome and cause."""
    fine = ("passed", "not_applicable", "not_configured")
    return {(outcome.check, outcome.status, outcome.cause) for outcome in report.outcomes if outcome.status not in fine}


def false_words(connection: Connection, runs: int) -> Iterator[set[tuple[str, str, str | None]]]:
    """Yield the false findings of each run: those that the same tenant without events does not have."""
    still = words(verify(connection, source=Fake()))
    for seed in range(runs):
        yield words(verify(connection, source=Fake(f"living:{RATES[seed % len(RATES)]}:{seed}"))) - still


def share(runs: int) -> float:
    """Return the share of the runs (0 to 1) without a false finding."""
    return sum(not words for words in false_words(made_up_connection(), runs)) / runs


def main() -> None:
    """Print the runs with a false finding, and the number of runs without one."""
    runs, wrong = int(sys.argv[1]) if len(sys.argv) > 1 else 1000, 0
    for seed, words in enumerate(false_words(made_up_connection(), runs)):
        if words:
            wrong += 1
            print(f"living:{RATES[seed % len(RATES)]}:{seed}", *sorted(map(str, words)))
    print(f"{runs - wrong} of {runs} without a false word")


if __name__ == "__main__":
    main()
