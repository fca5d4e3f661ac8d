"""The finished connections of a session: written at once, summarized and delivered at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.checks.registry import order
from conformance.outputs.annotations import Annotations
from conformance.outputs.delivery import Problem
from conformance.outputs.summary import RunSummary, Tally
from conformance.outputs.watched_report import WatchedReport
from conformance.pytest_plugin.cases import Run
from conformance.pytest_plugin.ending import Ending
from conformance.pytest_plugin.options import CONFIG
from conformance.pytest_plugin.setup import RunSetup
from conformance.report.command import command, program
from conformance.report.comparison import PastRun
from conformance.report.entry import Entry, entry, fingerprint
from conformance.report.progress import Progress
from conformance.results.journal import Journal
from conformance.results.store import RunStore
from conformance.run_options import RunOptions
from conformance.verification.baseline import Baseline
from conformance.verification.pipeline import Examination, Policy
from conformance.verification.result import Report

if TYPE_CHECKING:
    from conformance.pytest_plugin.xdist import XdistController
    from conformance.results.history import History


class SessionResults:
    """The finished connections of a session. ``worker`` is the ``workerinput`` of a pytest-xdist worker."""

    def __init__(
        self,
        config: pytest.Config,
        options: RunOptions,
        setup: RunSetup,
        previous: PastRun | None,
        history: History | None,
    ) -> None:
        self._config, self._options, self._setup, self._previous = config, options, setup, previous
        self._worker: Mapping[str, Any] | None = getattr(config, "workerinput", None)
        self._fingerprints: Mapping[str, str] = {}
        """Fingerprints of all connections, by name, if a run is resumed."""
        self.started = datetime.now(UTC)
        self._began = time.monotonic()
        self.finished_before = frozenset[str]()
        """The names of the connections that an earlier run finished."""
        self.store = RunStore(self._journal(), history)
        self._order = {connection.name: place for place, connection in enumerate(setup.connections)}.__getitem__
        self._tally = Tally(self._order)
        self._watched_report = WatchedReport(options.delivery, self._order, len(setup.connections))
        self.summary: RunSummary | None = None
        self.undelivered: Sequence[Problem] = ()
        self.page: Path | None = None
        """The page of the report to open first, if a report was written."""
        self.notes: list[str] = []
        self.annotations = Annotations(config.getoption(CONFIG) or ())
        self._recording_lost = False

    def _journal(self) -> Journal:
        """Return the journal for finished connections; with ``--sentinel-resume``, read the connections that are
        finished.
        """
        if self._worker:  # of pytest-xdist
            from conformance.pytest_plugin.xdist import WorkerInput, worker_journal

            worker_input = WorkerInput.to(self._worker)
            self._resume(worker_input.finished, datetime.fromisoformat(worker_input.started))
            return worker_journal(self._worker)
        journal = self._options.journal()
        if self._options.resume:
            source, selection = self._setup.source.name, self.selection
            self._fingerprints = {
                connection.name: fingerprint(connection, source, selection) for connection in self._setup.connections
            }
            finished = journal.finished(self._fingerprints)
            self._resume(finished, min(finished.values(), default=self.started))
        return journal

    def _resume(self, finished: Collection[str], started: datetime) -> None:
        """Continue an earlier run: leave out its finished connections, and use its start time."""
        self.finished_before, self.started = frozenset(finished), started

    def begin(self, baseline: Baseline) -> None:
        """Open the journal. Workers of pytest-xdist write their own."""
        if not self._worker:
            self._tally = Tally(self._order, previous=self._previous, baseline=baseline, today=self.started.date())
            self.store.start(self._fingerprints, self._tally.add)

    def publish(self, run: Run, examination: Examination, policy: Policy) -> None:
        """Write the current report while a connection is watched, with the known results of the others."""
        checks = sorted((case.check for case in run.cases), key=order)
        outcomes = policy.apply(examination.outcomes(checks), run.configured.name)
        report = examination.report(outcomes, run.source.name, self.started, policy)
        self._watched_report.publish(self._entry(report, run, self.selection), self.selection, self._command)

    def finish(self, run: Run, policy: Policy, progress: Progress) -> None:
        """Write the verdict on the checks of a connection that ran, if any, and release its evidence."""
        assert run.examination is not None
        if self._setup.recording:
            cassette_path, notes = self._setup.recording.keep_and_report(run.connection, run.outcomes())
            self.notes += notes
            self._recording_lost |= cassette_path is False
        outcomes = [case.outcome for case in run.ran if case.outcome]
        if outcomes:
            report = run.examination.report(outcomes, run.source.name, self.started, policy)
            # --sentinel-resume verifies an incomplete connection again: the user did not select only these checks.
            selection = self.selection if len(outcomes) == len(run.cases) else f"{self.selection}, cut short"
            self.take(self._entry(report, run, selection), progress)
        run.drop()

    def _entry(self, report: Report, run: Run, selection: str) -> Entry:
        alone = len(self._setup.connections) == 1
        return entry(report, run.configured, selection, self._command, self._options.docs, alone=alone)

    def take(self, finished: Entry, progress: Progress) -> None:
        """Add a finished connection."""
        self.store.add(finished)
        self.annotations.add(finished)
        verdict = finished.verdict
        progress.finished(finished.name, verdict.status, verdict.summary)

    def close(
        self,
        selected: Collection[str],
        duration: float,
        workers: XdistController | None,
        ending: Ending,
        *,
        exit_code: int,
        failed_tests: int,
    ) -> bool:
        """Summarize and deliver; return whether a requested result is lost.

        ``selected`` are the names of the connections with a selected check, ``duration`` is in seconds,
        ``failed_tests`` is the number of failing tests that are not checks. ``exit_code`` is pytest's: it is the run's
        own if the run was interrupted, or was stopped before it found a problem.
        """
        if workers:
            workers.close()
            self.notes += workers.notes
            duration = time.monotonic() - self._began
        self.summary = self._tally.summary(
            lambda: self.store.in_order(self._order),
            duration,
            self.selection,
            self._command,
            unfinished=self._unfinished(selected),
            failed_tests=failed_tests,
            history=self._options.history(),
        )
        if self.summary is None:
            return False
        if ending is Ending.INTERRUPTED or (ending is Ending.STOPPED and not self.summary.exit_code):
            self.summary = self.summary.ended(exit_code)
        self.undelivered = self._options.delivery.deliver(
            self.summary, interrupted=ending is not Ending.COMPLETE, unwritten=self.store.journal.problem
        )
        if not any(problem.fatal for problem in self.undelivered):
            self.page = self._options.delivery.write_report(self.summary)
        if problem := self.store.problem:
            self.notes.append(f"ERROR: --sentinel-history: it is not complete: {problem}")
        return bool(self._recording_lost or problem or any(undelivered.fatal for undelivered in self.undelivered))

    def _unfinished(self, selected: Collection[str]) -> list[str]:
        """Return the names of the selected connections that have no verdict, and add a note about them."""
        missing = [name for name in selected if name not in self.store.names]
        if missing and self.store.names | self.finished_before:
            note = f"next: {len(missing)} of {len(selected) + len(self.finished_before)} connections are not finished"
            resumable = self._options.delivery.folder is not None
            self.notes.append(
                note + ("; the same command with --sentinel-resume verifies those alone" if resumable else "")
            )
        return missing

    @property
    def selection(self) -> str:
        """Return the selection of checks for reports: ``all``, or the options -k, -m and --deselect."""
        option = self._config.option
        options = [f"-k {option.keyword}" if option.keyword else "", f"-m {option.markexpr}" if option.markexpr else ""]
        options += [f"--deselect {prefix}" for prefix in option.deselect or ()]
        return " ".join(part for part in options if part) or "all"

    @cached_property
    def _command(self) -> str:
        return command(self._config.invocation_params.args, program(sys.argv[0], sys.executable))
