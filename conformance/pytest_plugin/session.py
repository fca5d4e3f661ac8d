"""A pytest session that verifies connections: its hooks from the first option to the last line of output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import UsageError
from conformance.pytest_plugin.cases import Case, Run
from conformance.pytest_plugin.conclusion import Conclusion
from conformance.pytest_plugin.garbage import freeze_remains
from conformance.pytest_plugin.items import case_of
from conformance.pytest_plugin.light_report import LightReports
from conformance.pytest_plugin.other_tests import OtherTests
from conformance.pytest_plugin.outcomes import OutcomePlugin
from conformance.pytest_plugin.results import SessionResults
from conformance.pytest_plugin.run_loop import RunLoop
from conformance.pytest_plugin.setup import RunSetup, read_again
from conformance.pytest_plugin.terminal import TerminalPlugin, quieten, uncaptured
from conformance.redaction import Outlet, clean, clean_logs
from conformance.report.comparison import PastRun
from conformance.report.progress import MAX_NAMED, progress
from conformance.report.terminal_layout import console
from conformance.run_options import RunOptions
from conformance.verification.pipeline import Policy

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.pytest_plugin.watcher import Watcher
    from conformance.pytest_plugin.xdist import XdistController
    from conformance.results.history import History


class Session:
    """The hooks of a verifying session."""

    def __init__(
        self,
        config: pytest.Config,
        options: RunOptions,
        setup: RunSetup,
        previous: PastRun | None,
        history: History | None,
    ) -> None:
        self._config, self._options, self._setup = config, options, setup
        self._is_worker = hasattr(config, "workerinput")  # of pytest-xdist
        self.results = SessionResults(config, options, setup, previous, history)
        self.runs = [
            Run(configured, place, setup.source)
            for place, configured in enumerate(setup.connections)
            if configured.name not in self.results.finished_before
        ]
        quiet = not self._is_worker and quieten(config)
        self.others = OtherTests()
        self.terminal = (
            None
            if self._is_worker
            else TerminalPlugin(config, self._show, self.results.annotations.commands, self.others, quiet=quiet)
        )
        self._open = ExitStack()
        screen = self._open.enter_context(uncaptured(sys.stderr)) if quiet else None
        self._progress = progress(len(self.runs), screen)
        self.workers = None if self._is_worker else self._xdist_controller()
        self.outcomes = OutcomePlugin(
            Policy(options.strict, today=self.results.started.date(), strict_retirements=options.strict_retirements)
        )
        self.loop = RunLoop(
            options,
            setup,
            self.runs,
            self._progress,
            self._finish,
            worker=getattr(config, "workerinput", None),
            distributed=self.workers is not None,
            watcher=None if options.watch is None else self._watcher(options.watch),
        )
        self._conclusion = Conclusion(
            options, setup, self.runs, self.results, self.loop, self.others, self.workers, self._finish
        )
        self.light_reports = LightReports(config, quiet=quiet) if len(self.runs) > MAX_NAMED else None

    def _watcher(self, seconds: float) -> Watcher:
        from conformance.pytest_plugin.watcher import Watcher

        return Watcher(
            seconds,
            lambda: self.outcomes.policy,
            lambda: read_again(self._config, self._options),
            lambda run, examination: self.results.publish(run, examination, self.outcomes.policy),
            self._progress.console or console(self._open.enter_context(uncaptured(sys.stdout))),
            connections=len(self.runs),
            distributed=self._is_worker or self.workers is not None,
        )

    def _xdist_controller(self) -> XdistController | None:
        if getattr(self._config.option, "dist", "no") == "no":
            return None
        from conformance.pytest_plugin.xdist import XdistController

        results, progress = self.results, self._progress
        return XdistController(
            {run.configured.name: run.place for run in self.runs},
            results.started,
            sorted(results.finished_before),
            results.store.journal,
            progress,
            self._begin,
            lambda finished: results.take(finished, progress),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """From now on, remove known secrets and CI commands from pytest's output and from logs."""
        self._open.enter_context(clean_logs())
        if terminal := session.config.pluginmanager.get_plugin("terminalreporter"):
            terminal._tw._file = Outlet.of(terminal._tw._file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Stop the event loop, and close the source. The user's other tests are still checked for unclosed
        resources.
        """
        self.loop.stop()
        self._open.close()
        if not self.others.ran:
            freeze_remains()

    def offered(self, case: Case) -> bool:
        """Return whether the source of a case can answer it."""
        return self._setup.offers(case.run.connection, case.check)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Give each item's case to its run, and begin."""
        for item in session.items:
            if case := case_of(item):
                case.run.cases.append(case)
                case.run.selected += 1
                case.run.left += 1
        if not session.config.option.collectonly:
            self._begin()  # now that the user's own checks are imported

    def _begin(self) -> None:
        """Load the baseline and open the journal."""
        try:
            self.outcomes.policy = replace(self.outcomes.policy, baseline=self._options.baseline())
        except UsageError as error:
            raise pytest.UsageError(clean(str(error))) from None
        self.results.begin(self.outcomes.policy.baseline)

    def _finish(self, run: Run) -> None:
        self.results.finish(run, self.outcomes.policy, self._progress)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Conclude the session before plugins are notified of its end, so that all of them get its exit code."""
        try:
            result = yield
        except BaseException:
            if self.workers is None:  # otherwise the workers have not ended yet
                self._conclude_before_finish()
            raise
        self._conclude_before_finish()
        return result

    def _conclude_before_finish(self) -> None:
        def before(hook: str, _: object, arguments: Mapping[str, Any]) -> None:
            if hook == "pytest_sessionfinish":
                stop_watching()
                self._conclusion.conclude(arguments["session"])
                assert isinstance(arguments, dict)  # the value that pluggy passes to the next hook
                arguments["exitstatus"] = arguments["session"].exitstatus

        stop_watching: Callable[[], None] = self._config.pluginmanager.add_hookcall_monitoring(before, lambda *_: None)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Conclude the session, unless that was done after the last item."""
        if not self._conclusion.is_concluded:
            self._conclusion.conclude(session)

    def _show(self, out: Console) -> None:
        """Print the verdict, notes, and failed deliveries."""
        if self.results.summary:
            self.results.summary.show(out, max(0, self._config.getoption("verbose", 0)))
        problems = (f"{problem.level}: {problem.text}" for problem in self.results.undelivered)
        for note in [*self.results.notes, *problems]:
            out.print(clean(note))
        if self.results.page:
            out.print(clean(f"report: {self.results.page}"), soft_wrap=True)
