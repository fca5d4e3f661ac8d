"""A pytest session that verifies connections: collects checks, gathers evidence once, judges, reports."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from conformance.checks.registry import AREAS, order
from conformance.connection import ConnectionFileError, DurationError, duration
from conformance.findings import Docs, DocsError
from conformance.outputs.delivery import Delivery, DeliveryError, Problem
from conformance.probing.transport import Patience
from conformance.pytest_plugin.cases import Case, Run
from conformance.pytest_plugin.collection import CollectionPlugin
from conformance.pytest_plugin.items import CheckItem, case_of, run_items
from conformance.pytest_plugin.outcomes import OutcomePlugin
from conformance.pytest_plugin.probes import fixtures
from conformance.pytest_plugin.setup import RunSetup, read_setup
from conformance.redaction import Outlet, clean, clean_logs
from conformance.report.command import command
from conformance.report.comparison import ComparisonError, PastRun, past
from conformance.report.progress import progress
from conformance.results.history import History, HistoryError
from conformance.results.journal import FILE, Entry, Journal, JournalError, entry, fingerprint
from conformance.results.shard import ShardError
from conformance.results.store import RunStore
from conformance.sources.live import SourceError
from conformance.verification import api
from conformance.verification.api import Report
from conformance.verification.background import BackgroundGatherer
from conformance.verification.baseline import BaselineError, read
from conformance.verification.concurrency import group
from conformance.verification.verdict import ExitCode, verdict

if TYPE_CHECKING:
    from conformance.outputs.summary import RunSummary
    from conformance.pytest_plugin.xdist import XdistController


def start(config: pytest.Config, checks: Path) -> None:
    """Turns the run into a verification. Raises ``pytest.UsageError`` (exit code 4) for what cannot be used."""
    try:
        arrangement = read_setup(config)
        duration(config.getoption("--sentinel-wait"))
        previous = past(config.getoption("--sentinel-compare"), [one.name for one in arrangement.connections])
        delivery = Delivery.of(config.getoption)
        Docs.at(config.getoption("--sentinel-docs"))
        history = open_history(config)
        if not hasattr(config, "workerinput") and not config.getoption("collectonly"):
            delivery.prepare()
        session = Session(config, arrangement, previous, delivery, history)
    except (
        ConnectionFileError,
        SourceError,
        DurationError,
        ComparisonError,
        DeliveryError,
        DocsError,
        HistoryError,
        JournalError,
        ShardError,
    ) as error:
        raise pytest.UsageError(clean(str(error))) from None
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
    collecting = CollectionPlugin(session.runs, session.judging.outcome_of, session.offered, session.notes.append)
    parts = {"session": session, "judging": session.judging, "collecting": collecting, "fixtures": fixtures()}
    for name, plugin in {**parts, "workers": session.workers}.items():
        if plugin is not None:
            config.pluginmanager.register(plugin, f"sentinel-{name}")


def open_history(config: pytest.Config) -> History | None:
    """The history that is asked for. Workers of pytest-xdist write none: their controller does."""
    file = config.getoption("--sentinel-history")
    return History(Path(file)).__enter__() if file and not hasattr(config, "workerinput") else None


class Session:
    """The hooks of a verifying session."""

    def __init__(
        self,
        config: pytest.Config,
        arrangement: RunSetup,
        previous: PastRun | None,
        delivery: Delivery,
        history: History | None,
    ) -> None:
        self._config, self._arrangement, self._previous, self._delivery = config, arrangement, previous, delivery
        self.runs = [Run(one, at, arrangement.source) for at, one in enumerate(arrangement.connections)]
        self.notes: list[str] = []
        self._started, self._began = datetime.now(UTC), time.monotonic()
        self._duration = 0.0
        self._worker: Mapping[str, Any] | None = getattr(config, "workerinput", None)
        self._gathering: BackgroundGatherer[Run] | None = None
        self._gathered: Iterator[Run] = iter(())
        self._prints: Mapping[str, str] = {}
        """Of all connections, by name, where a run goes on."""
        self._done = frozenset[str]()
        self._keeping = RunStore(self._journal(), history)
        self._quiet = self._quieten()
        self._progress = progress(len(self.runs), sys.stderr if self._quiet and not self._worker else None)
        self.workers = None if self._worker else self._distributed()
        self.judging = OutcomePlugin(
            self._started.date(), strictly=config.getoption("--sentinel-strict"), quiet=self._quiet
        )
        self._ending: RunSummary | None = None
        self._undelivered: list[Problem] = []
        self._logs = ExitStack()
        self._incomplete = False
        """Whether a recording that was asked for could not be kept."""

    def _distributed(self) -> XdistController | None:
        if getattr(self._config.option, "dist", "no") == "no":
            return None
        from conformance.pytest_plugin.xdist import XdistController

        return XdistController(
            {run.asked.name: run.place for run in self.runs},
            self._started,
            sorted(self._done),
            self._keeping.journal,
            self._progress,
            self._begin,
            self._take,
        )

    def _journal(self) -> Journal:
        """Where finished connections are written down; with ``--sentinel-resume``, the finished ones are left out."""
        if self._worker:  # of pytest-xdist
            from conformance.pytest_plugin.xdist import WorkerInput, worker_journal

            told = WorkerInput.to(self._worker)
            self._leave_out(told.done, datetime.fromisoformat(told.started))
            return worker_journal(self._worker)
        if self._delivery.folder is None:
            return Journal()
        journal = Journal(self._delivery.folder / FILE)
        if self._config.getoption("--sentinel-resume"):
            self._prints = {
                run.asked.name: fingerprint(run.asked, run.source.name, self._selection()) for run in self.runs
            }
            done = journal.finished(self._prints)
            self._leave_out(done, min(done.values(), default=self._started))
        return journal

    def _leave_out(self, done: Collection[str], started: datetime) -> None:
        """What an earlier run has finished is not asked again; this one goes on with it."""
        self._done, self._started = frozenset(done), started
        self.runs = [run for run in self.runs if run.asked.name not in self._done]

    def _quieten(self) -> bool:
        """pytest's own output steps back, unless the user asks for it or runs tests of their own; whether it does."""
        option = self._config.option
        quiet: bool = option.verbose <= 0 and option.tbstyle == "auto" and not option.collectonly
        if quiet:
            option.verbose, option.no_header, option.tbstyle, option.reportchars = -2, True, "no", ""
            option.capture = "no"  # read later than by capturing itself: without it pytest prints percentages
        return quiet

    # Output

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """From now on, all that pytest prints and all logs are without known secrets and CI commands."""
        self._logs.enter_context(clean_logs())
        if terminal := session.config.pluginmanager.get_plugin("terminalreporter"):
            terminal._tw._file = Outlet.of(terminal._tw._file)

    def pytest_unconfigure(self) -> None:
        self._logs.close()

    # Collection

    def offered(self, case: Case) -> bool:
        """Whether the source of a case can answer it."""
        return self._arrangement.offers(case.run.connection, case.check)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            if case := case_of(item):
                case.run.cases.append(case)
                case.run.left += 1
        if not session.config.option.collectonly:
            self._begin()  # now, since own checks are known now

    def _begin(self) -> None:
        """The last thing before anything is asked or written."""
        if known := self._config.getoption("--sentinel-baseline"):
            try:
                self.judging.baseline = read(Path(known))
            except BaselineError as error:
                raise pytest.UsageError(clean(str(error))) from None
        if not self._worker:
            self._keeping.start(self._prints)

    # Gathering

    async def _gather(self, run: Run) -> None:
        checks = [case.check for case in run.cases]
        run.source = self._arrangement.of(run.asked, checks)
        run.connection, run.gathered, run.duration = await api.gather(
            run.asked,
            run.source,
            checks,
            patience=Patience(deadline=self._config.getoption("--sentinel-deadline")),
            wait=duration(self._config.getoption("--sentinel-wait")).total_seconds(),
            progress=lambda known, total: self._progress.update(run.asked.name, known, total),
        )

    def _gathers(self, runs: Sequence[Run]) -> Iterator[Run]:
        """Starts gathering; gives each connection as soon as its evidence is complete."""
        self._stop_gathering()
        wanted = [run for run in runs if run.left and run.gathered is None]
        jobs = self._config.getoption("--sentinel-jobs")
        self._gathering = BackgroundGatherer(self._gather, wanted, jobs, lambda run: group(run.asked)).__enter__()
        return self._gathering.finished()

    def _stop_gathering(self) -> None:
        if self._gathering:
            self._gathering.__exit__(None, None, None)
            self._gathering = None

    # Running

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """As pytest's own, but connection by connection, in the order in which their evidence is complete."""
        broken = session.testsfailed and not session.config.option.continue_on_collection_errors
        if self._worker or self.workers or session.config.option.collectonly or broken:
            return None
        mine: dict[Run, list[pytest.Item]] = {}
        others = []
        for item in session.items:
            if case := case_of(item):
                mine.setdefault(case.run, []).append(item)
            else:
                others.append(item)
        session.items[:] = others  # those of a connection are let go with it: they are most of what a fleet takes
        began = time.monotonic()
        with self._progress:
            for run in self._gathers(list(mine)):
                items = mine.pop(run)
                after = next(iter(mine.values()), others)
                run_items(session, items, after[0] if after else None)
                self._duration = time.monotonic() - began
        run_items(session, others, None)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        case = case_of(item)
        if case is None:
            return None
        if case.run.gathered is None:  # a worker of pytest-xdist: the order is not ours
            self._await(case.run)
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        if isinstance(item, CheckItem):
            for report in item.reports():
                hook.pytest_runtest_logreport(report=report)
        else:
            runtestprotocol(item, nextitem=nextitem)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        case.run.left -= 1
        if case.run.left == 0:
            self._finish(case.run)
        return True

    def _await(self, run: Run) -> None:
        """Has a worker's portion of the connections gathered, up to this one at least."""
        from conformance.pytest_plugin.xdist import WorkerInput, worker_share

        assert self._worker
        while run.gathered is None:
            if next(self._gathered, None) is None:
                done = WorkerInput.to(self._worker).finished_elsewhere() - {run.asked.name}
                self._gathered = self._gathers(
                    [one for one in worker_share(self.runs, run) if one.asked.name not in done]
                )

    # The end

    def _finish(self, run: Run) -> None:
        """The verdict on a connection: written down, and its evidence let go."""
        assert run.gathered is not None
        self._keep_recording(run)
        cases = sorted(run.cases, key=lambda case: order(case.check))
        outcomes = tuple(case.outcome or self.judging.outcome_of(case) for case in cases)
        report = Report(
            run.connection, run.source.name, self._started, run.duration, run.gathered, outcomes, verdict(outcomes)
        )
        alone = len(self._arrangement.connections) == 1
        docs = Docs.at(self._config.getoption("--sentinel-docs"))
        made = entry(report, run.asked, self._selection(), self._command, docs, alone=alone)
        self._take(made)
        run.drop()
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if self._quiet and terminal:
            terminal.stats.clear()  # pytest would keep every report for a summary that is not printed

    def _take(self, one: Entry) -> None:
        """A connection is finished."""
        self._keeping.add(one)
        self._progress.finished(one.name, one.verdict.status, one.verdict.summary)

    def _keep_recording(self, run: Run) -> None:
        if self._arrangement.recording:
            kept, told = self._arrangement.recording.kept(run.connection, run.outcomes())
            self.notes += told
            self._incomplete |= kept is False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._stop_gathering()
        for run in self.runs:
            if run.gathered is not None and run.asked.name not in self._keeping.names:  # stopped early, with -x
                self._finish(run)
        if self.workers:
            self.workers.close()
            self.notes += self.workers.notes
            self._duration = time.monotonic() - self._began
        self._keeping.close()
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        ended = interrupted or exitstatus in (0, 1, ExitCode.NOTHING_SELECTED)
        if self._worker or session.config.option.collectonly or not ended:
            return
        if not self._arrangement.connections:
            self._nothing_shared(session)
        self._ending = self._end()
        if self._ending is None:
            return
        if session.testsfailed <= self._ending.failed and not interrupted:  # else a test failed that is no check
            session.exitstatus = self._ending.exit_code
        self._undelivered = self._delivery.deliver(self._ending, interrupted=interrupted)
        if problem := self._keeping.problem:
            self.notes.append(f"ERROR: --sentinel-history: it is not complete: {problem}")
        lost = self._incomplete or problem or any(one.fatal for one in self._undelivered)
        if session.exitstatus == 0 and lost:
            session.exitstatus = ExitCode.USAGE

    def _end(self) -> RunSummary | None:
        """The end of this session, once all checks have run."""
        from conformance.outputs.summary import summarize

        places = {one.name: place for place, one in enumerate(self._arrangement.connections)}
        return summarize(
            lambda: self._keeping.in_order(places.__getitem__),
            self._duration,
            self._selection(),
            self._command,
            baseline=self.judging.baseline,
            today=self._started.date(),
            previous=self._previous,
            unfinished=self._unfinished(),
        )

    def _unfinished(self) -> list[str]:
        """The selected connections that have no verdict, of which the user is told."""
        selected = self.workers.selected() if self.workers else [run.asked.name for run in self.runs if run.cases]
        missing = [name for name in selected if name not in self._keeping.names]
        if missing and self._keeping.names | self._done:
            told = f"next: {len(missing)} of {len(selected) + len(self._done)} connections are not finished"
            goes_on = "; the same command with --sentinel-resume verifies those alone" if self._delivery.folder else ""
            self.notes.append(told + goes_on)
        return missing

    def _nothing_shared(self, session: pytest.Session) -> None:
        """A share without a connection is no mistake of whoever shares them out."""
        self.notes.append(f"share {self._config.getoption('--sentinel-shard')} has none of the connections")
        if session.exitstatus == ExitCode.NOTHING_SELECTED:
            session.exitstatus = ExitCode.CONFORMANT

    @cached_property
    def _command(self) -> str:
        return command(self._config.invocation_params.args)

    def _selection(self) -> str:
        option = self._config.option
        chosen = [f"-k {option.keyword}" if option.keyword else "", f"-m {option.markexpr}" if option.markexpr else ""]
        return " ".join(part for part in chosen if part) or "all"

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        from conformance.report.terminal_layout import console

        writer = terminalreporter._tw
        out = console(writer._file, width=writer.fullwidth, color=writer.hasmarkup)
        if self._ending:
            self._ending.show(out, max(0, self._config.option.verbose))
        for note in [*self.notes, *(f"{problem.level}: {problem.text}" for problem in self._undelivered)]:
            out.print(clean(note))
