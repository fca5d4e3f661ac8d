"""The end of a verifying session: report gathered connections, summarize, deliver, and set the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from conformance.probing.shortage import Shortage
from conformance.pytest_plugin.cases import Run
from conformance.pytest_plugin.ending import Ending
from conformance.pytest_plugin.other_tests import OtherTests
from conformance.pytest_plugin.results import SessionResults
from conformance.pytest_plugin.run_loop import RunLoop
from conformance.pytest_plugin.setup import RunSetup
from conformance.run_options import RunOptions
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    from conformance.pytest_plugin.xdist import XdistController


@dataclass
class Conclusion:
    """Concludes a session, once. ``finish`` reports a connection whose items did not all run."""

    options: RunOptions
    setup: RunSetup
    runs: Sequence[Run]
    results: SessionResults
    loop: RunLoop
    others: OtherTests
    workers: XdistController | None
    """Set in the controller of pytest-xdist."""
    finish: Callable[[Run], None]
    is_concluded: bool = False

    def conclude(self, session: pytest.Session) -> None:
        """Report gathered connections, summarize, deliver, and set the exit code of the session."""
        self.is_concluded = True
        self.loop.stop()
        for run in self.runs:
            if (
                run.examination is not None and run.configured.name not in self.results.store.names
            ):  # stopped early, with -x
                self.finish(run)
        self.results.store.close()
        ending = Ending.of(session)
        is_worker = hasattr(session.config, "workerinput")
        if is_worker:
            from conformance.pytest_plugin.xdist import hand_back

            hand_back(session.config, self.loop.shortage, self.results.store.journal)
        if is_worker or session.config.option.collectonly or ending is Ending.BROKEN:
            if self.workers:
                self.workers.close()
            return
        if session.exitstatus == ExitCode.NOTHING_SELECTED and self.results.selection != "all":
            self.results.notes.append(
                f"ERROR: no check matches {self.results.selection}: --sentinel-list shows their ids and areas"
            )
        report_missing = self._summarize(session, ending)
        if ending is not Ending.INTERRUPTED or self.shortage:
            self._set_exit_code(session, report_missing=report_missing)
        elif not self.results.summary:
            self._nothing_verified(session)

    @property
    def shortage(self) -> Shortage | str | None:
        """Return the shortage, here or in a worker, that left connections unfinished; None without it."""
        return self.workers.shortage if self.workers else self.loop.shortage

    @property
    def selected(self) -> list[str]:
        """Return the names of the connections with a selected check."""
        return self.workers.selected() if self.workers else [run.configured.name for run in self.runs if run.selected]

    def _summarize(self, session: pytest.Session, ending: Ending) -> bool:
        """Summarize and deliver; return whether a requested result is lost."""
        return self.results.close(
            self.selected,
            self.loop.duration,
            self.workers,
            ending,
            exit_code=int(session.exitstatus),
            failed_tests=len(list(self.others.names())),
        )

    def _set_exit_code(self, session: pytest.Session, *, report_missing: bool) -> None:
        """Set the exit code of a session, also if a shortage of this machine has ended it."""
        if shortage := self.shortage:
            self.results.notes.append(f"ERROR: {shortage}")
            session.exitstatus = ExitCode.INCOMPLETE
        elif self.results.summary:
            session.exitstatus = self.results.summary.exit_code
        elif self.setup.connections:
            self._nothing_verified(session)
        elif session.exitstatus == ExitCode.NOTHING_SELECTED:  # an empty shard is not an error
            session.exitstatus = ExitCode.CONFORMANT
        if not self.setup.connections:
            self.results.notes.append(f"share {self.options.shard} has none of the connections")
        if session.exitstatus == 0 and report_missing:
            session.exitstatus = ExitCode.USAGE

    def _nothing_verified(self, session: pytest.Session) -> None:
        """Report that no check ran, which is never a success; failing tests of the user have priority."""
        if self.results.finished_before:
            return
        ran = f"only tests that are not checks ran ({self.others.ran})" if self.others.ran else "nothing ran"
        none = "No check ran to its end" if self.selected else "No check was selected"
        self.results.notes.append(f"{none}: {ran}, so nothing is known of the connection.")
        if session.exitstatus == ExitCode.CONFORMANT:
            session.exitstatus = ExitCode.NOTHING_SELECTED
