"""A pytest session that verifies connections: its hooks from the first option to the last line of output."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from conformance.checks.registry import AREAS
from conformance.errors import UsageError
from conformance.pytest_plugin.cases import Case, Run
from conformance.pytest_plugin.collection import CollectionPlugin
from conformance.pytest_plugin.items import case_of
from conformance.pytest_plugin.options import run_options
from conformance.pytest_plugin.other_tests import OtherTests
from conformance.pytest_plugin.outcomes import OutcomePlugin
from conformance.pytest_plugin.probes import fixtures
from conformance.pytest_plugin.results import SessionResults
from conformance.pytest_plugin.run_loop import RunLoop
from conformance.pytest_plugin.setup import RunSetup, read_setup
from conformance.pytest_plugin.terminal import TerminalPlugin, quieten
from conformance.redaction import Outlet, clean, clean_logs
from conformance.report.comparison import PastRun, past
from conformance.report.progress import MAX_NAMED, progress
from conformance.report.terminal_layout import message_lines
from conformance.results.history import History
from conformance.run_options import RunOptions
from conformance.verification.pipeline import Policy
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.pytest_plugin.xdist import XdistController


def _for_terminal(message: str) -> str:
    """Return an error as pytest shows it: wrapped where a person reads it at a terminal."""
    if not sys.stderr.isatty():
        return message
    return message_lines(message, shutil.get_terminal_size().columns, "ERROR: ")


def start(config: pytest.Config, checks: Path) -> None:
    """Turn the run into a verification; ``checks`` is the folder collected by default.

    Raises ``pytest.UsageError`` (exit code 4) for what cannot be used.
    """
    try:
        options = run_options(config)
        setup = read_setup(config, options)
        previous = past(options.compare, [connection.name for connection in setup.connections])
        history = open_history(config, options)
        if not hasattr(config, "workerinput") and not config.option.collectonly:
            options.delivery.prepare()
        session = Session(config, options, setup, previous, history)
    except UsageError as error:
        raise pytest.UsageError(_for_terminal(clean(str(error)))) from None
    except OSError as error:  # a file or folder of an option that this user may not even look at
        raise pytest.UsageError(clean(f"{error.filename or 'this machine'}: {error.strerror}")) from None
    if config.args_source is not config.ArgsSource.ARGS:
        config.args[:] = [str(checks)]
        config.args_source = config.ArgsSource.ARGS
    config.addinivalue_line(
        "markers", "negative: a token of one API put to another, which must refuse it (run with -m negative)"
    )
    for area, title in AREAS.items():
        config.addinivalue_line("markers", f"{area}: {title}")
    collection = CollectionPlugin(
        session.runs, session.outcomes.outcome_of, session.offered, session.results.notes.append
    )
    plugins = {
        "session": session,
        "run-loop": session.loop,
        "outcomes": session.outcomes,
        "workers": session.workers,
        "others": session.others,
        "terminal": session.terminal,
        "collection": collection,
        "fixtures": fixtures(),
    }
    for name, plugin in plugins.items():
        if plugin is not None:
            config.pluginmanager.register(plugin, f"sentinel-{name}")


def open_history(config: pytest.Config, options: RunOptions) -> History | None:
    """Open the history that is asked for; pytest-xdist's controller writes it, its workers do not."""
    history = None if hasattr(config, "workerinput") else options.history()
    return history.__enter__() if history else None


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
        self._concluded = False
        self.results = SessionResults(config, options, setup, previous, history)
        self.runs = [
            Run(asked, place, setup.source)
            for place, asked in enumerate(setup.connections)
            if asked.name not in self.results.done
        ]
        quiet = not self._is_worker and quieten(config)
        self.others = OtherTests()
        self.terminal = None if self._is_worker else TerminalPlugin(config, self._show, self.others, quiet=quiet)
        self._progress = progress(len(self.runs), uncaptured(sys.stderr) if quiet else None)
        self.workers = None if self._is_worker else self._xdist_controller()
        self.outcomes = OutcomePlugin(
            Policy(
                options.strict,
                today=self.results.started.date(),
                strict_retirements=options.strict_retirements,
            )
        )
        self.loop = RunLoop(
            options,
            setup,
            self.runs,
            self._progress,
            self._finish,
            worker=getattr(config, "workerinput", None),
            distributed=self.workers is not None,
        )
        self._logs = ExitStack()

    def _xdist_controller(self) -> XdistController | None:
        if getattr(self._config.option, "dist", "no") == "no":
            return None
        from conformance.pytest_plugin.xdist import XdistController

        results, progress = self.results, self._progress
        return XdistController(
            {run.asked.name: run.place for run in self.runs},
            results.started,
            sorted(results.done),
            results.store.journal,
            progress,
            self._begin,
            lambda finished: results.take(finished, progress),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """From now on, remove known secrets and CI commands from all that pytest prints, and from logs."""
        self._logs.enter_context(clean_logs())
        if terminal := session.config.pluginmanager.get_plugin("terminalreporter"):
            terminal._tw._file = Outlet.of(terminal._tw._file)

    def pytest_unconfigure(self) -> None:
        self._logs.close()

    def offered(self, case: Case) -> bool:
        """Return whether the source of a case can answer it."""
        return self._setup.offers(case.run.connection, case.check)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            if case := case_of(item):
                case.run.cases.append(case)
                case.run.left += 1
        if not session.config.option.collectonly:
            self._begin()  # now, since own checks are imported

    def _begin(self) -> None:
        """Load the baseline and open the journal."""
        try:
            self.outcomes.policy = replace(self.outcomes.policy, baseline=self._options.baseline())
        except UsageError as error:
            raise pytest.UsageError(clean(str(error))) from None
        self.results.begin()

    def _finish(self, run: Run) -> None:
        self.results.finish(run, self.outcomes, self._progress)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter and len(self.runs) > MAX_NAMED:  # a fleet: pytest would keep three reports of each item
            passing = reporter.stats.get("", [])
            passing[:] = [report for report in passing if not hasattr(report, "sentinel")]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Have the session concluded before any plugin is told of its end, so that all of them get its exit code."""
        try:
            result = yield
        except BaseException:
            if self.workers is None:  # else they have not ended yet
                self._conclude_before_finish()
            raise
        self._conclude_before_finish()
        return result

    def _conclude_before_finish(self) -> None:
        def before(hook: str, _: object, arguments: Mapping[str, Any]) -> None:
            if hook == "pytest_sessionfinish":
                stop_watching()
                self._conclude(arguments["session"])
                assert isinstance(arguments, dict)  # what pluggy hands to the hook next
                arguments["exitstatus"] = arguments["session"].exitstatus

        stop_watching: Callable[[], None] = self._config.pluginmanager.add_hookcall_monitoring(before, lambda *_: None)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._concluded:
            self._conclude(session)

    def _conclude(self, session: pytest.Session) -> None:
        """Report what is gathered, summarize, deliver, and set the exit code of the session."""
        self._concluded = True
        self.loop.stop()
        for run in self.runs:
            if run.examination is not None and run.asked.name not in self.results.store.names:  # stopped early, with -x
                self._finish(run)
        self.results.store.close()
        interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
        ended = interrupted or session.exitstatus in (0, 1, ExitCode.NOTHING_SELECTED)
        if self._is_worker or session.config.option.collectonly or not ended:
            if self.workers:
                self.workers.close()
            return
        if session.exitstatus == ExitCode.NOTHING_SELECTED and self.results.selection != "all":
            self.results.notes.append(
                f"ERROR: no check matches {self.results.selection}: --sentinel-list shows their ids and areas"
            )
        failed = list(self.others.names())
        selected = [run.asked.name for run in self.runs if run.cases]
        lost = self.results.close(
            selected, self.loop.duration, self.outcomes, self.workers, interrupted=interrupted, failed_tests=len(failed)
        )
        summary = self.results.summary
        if shortage := self.loop.shortage:
            self.results.notes.append(f"ERROR: {shortage}")
            session.exitstatus = ExitCode.INCOMPLETE
        elif interrupted:
            return
        elif summary:
            session.exitstatus = summary.exit_code
        elif self._setup.connections:
            self._nothing_verified(session)
        elif session.exitstatus == ExitCode.NOTHING_SELECTED:  # an empty shard is not an error
            session.exitstatus = ExitCode.CONFORMANT
        if not self._setup.connections:
            self.results.notes.append(f"share {self._options.shard} has none of the connections")
        if session.exitstatus == 0 and lost:
            session.exitstatus = ExitCode.USAGE

    def _nothing_verified(self, session: pytest.Session) -> None:
        """Say that no check was selected, which is never a success; failing tests of the user's own come first."""
        if self.results.done:
            return
        ran = f"only tests that are not checks ran ({self.others.ran})" if self.others.ran else "nothing ran"
        self.results.notes.append(f"No check was selected: {ran}, so nothing is known of the connection.")
        if session.exitstatus == ExitCode.CONFORMANT:
            session.exitstatus = ExitCode.NOTHING_SELECTED

    def _show(self, out: Console) -> None:
        """Print the verdict, notes, and what could not be delivered."""
        if self.results.summary:
            self.results.summary.show(out, max(0, self._config.getoption("verbose", 0)))
        problems = (f"{problem.level}: {problem.text}" for problem in self.results.undelivered)
        for note in [*self.results.notes, *problems]:
            out.print(clean(note))
        if self.results.page:
            out.print(clean(f"report: {self.results.page}"), soft_wrap=True)


def uncaptured(stream: TextIO) -> TextIO:
    """Return a stream to where this one leads now, whatever pytest redirects later; itself if it is no file."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return stream
    return os.fdopen(os.dup(number), "w", encoding=stream.encoding, errors="backslashreplace")
