"""A pytest session that verifies connections: collects checks, gathers evidence once, judges, reports."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from conformance import verification
from conformance.arrangement import Arrangement, arrange
from conformance.baseline import Baseline, BaselineError, accept, read, stale
from conformance.cases import CASE, WORDS, Case, Run, fate, properties, status_of, told
from conformance.checks.outcome import Outcome
from conformance.checks.registry import AREAS, Check, order
from conformance.connection import ConnectionFileError, DurationError, duration
from conformance.delivery import Delivery, DeliveryError, Problem
from conformance.findings import Docs, DocsError
from conformance.fleet.history import History, HistoryError, look
from conformance.fleet.shard import ShardError
from conformance.gathering import Gathering
from conformance.items import CheckItem, case_of, foreign
from conformance.journal import FILE, Entry, Journal, document, entry, fingerprint, outcomes_of
from conformance.probing.probe import CONNECTION, PROBES
from conformance.probing.transport import Patience
from conformance.report.command import command
from conformance.report.comparison import ComparisonError, PastRun, past
from conformance.report.progress import Progress, watched
from conformance.sources import SourceError
from conformance.verdict import ExitCode, strict, verdict
from conformance.verification import Report

if TYPE_CHECKING:
    from conformance.report.model import Document


def start(config: pytest.Config, checks: Path) -> None:
    """Turns the run into a verification. Raises ``pytest.UsageError`` (exit code 4) for what cannot be used."""
    try:
        arrangement = arrange(config)
        duration(config.getoption("--sentinel-wait"))
        previous = past(config.getoption("--sentinel-compare"), arrangement.connections)
        delivery = Delivery.of(config.getoption)
        Docs.at(config.getoption("--sentinel-docs"))
        history = opened(config)
    except (
        ConnectionFileError,
        SourceError,
        DurationError,
        ComparisonError,
        DeliveryError,
        DocsError,
        HistoryError,
        ShardError,
    ) as error:
        raise pytest.UsageError(str(error)) from None
    if config.args_source is not config.ArgsSource.ARGS:
        config.args[:] = [str(checks)]
        config.args_source = config.ArgsSource.ARGS
    config.addinivalue_line(
        "markers", "negative: a token of one API put to another, which must refuse it (run with -m negative)"
    )
    for area, title in AREAS.items():
        config.addinivalue_line("markers", f"{area}: {title}")
    session = Session(config, arrangement, previous, delivery, history)
    config.pluginmanager.register(session, "sentinel-session")
    config.pluginmanager.register(fixtures(), "sentinel-fixtures")
    session.quieten()


def opened(config: pytest.Config) -> History | None:
    """The history that is asked for. Workers of pytest-xdist write none: their controller does."""
    file = config.getoption("--sentinel-history")
    return History(Path(file)).__enter__() if file and not hasattr(config, "workerinput") else None


def fixtures() -> ModuleType:
    """Every probe as a fixture that gives its evidence, and the connection."""

    def of(name: str) -> Any:
        def evidence(request: pytest.FixtureRequest) -> Any:
            run: Run = request.getfixturevalue(CASE).run
            return run.connection if name == CONNECTION else run.evidence[name]

        evidence.__doc__ = PROBES[name].function.__doc__ if name in PROBES else "The connection under verification."
        return pytest.fixture(name=name)(evidence)

    def sentinel_case(request: pytest.FixtureRequest) -> Case:
        """The check and connection of this item."""
        case: Case = request.param
        return case

    from conformance.checks.registry import catalogue

    catalogue()  # imports the probes with the checks
    holder = ModuleType("sentinel fixtures")  # pytest looks for fixtures in modules and classes
    for name in (CONNECTION, *PROBES):
        setattr(holder, f"fixture_{name}", of(name))
    setattr(holder, CASE, pytest.fixture(sentinel_case))
    return holder


class Session:
    """The hooks of a verifying session."""

    def __init__(
        self,
        config: pytest.Config,
        arrangement: Arrangement,
        previous: PastRun | None,
        delivery: Delivery,
        history: History | None,
    ) -> None:
        self._config, self._arrangement, self._previous, self._delivery = config, arrangement, previous, delivery
        self._runs = [Run(one, at, arrangement.source) for at, one in enumerate(arrangement.connections)]
        self._baseline: Baseline = ()
        self._started = datetime.now(UTC)
        self._duration = 0.0
        self._distributed = getattr(config.option, "dist", "no") != "no"
        self._worker: Mapping[str, Any] | None = getattr(config, "workerinput", None)
        self._shared: tempfile.TemporaryDirectory[str] | None = None
        self._progress = Progress(None)
        self._gathering: Gathering[Run] | None = None
        self._gathered: Iterator[Run] = iter(())
        self._history = history
        self._kept: Sequence[Entry] = ()
        self._journal = self._open()
        self._entries: Sequence[Entry] = ()
        self._undelivered: list[Problem] = []
        self._incomplete = False
        """Whether a result that was asked for, beside the reports, could not be kept."""
        self.notes: list[str] = []

    def _open(self) -> Journal:
        """Where finished connections are written down; with ``--sentinel-resume``, the finished ones are left out."""
        if self._worker:  # of pytest-xdist: a file of its own, where its controller looks
            return Journal(Path(self._worker["sentinel_journal"]) / f"{self._worker['workerid']}.jsonl")
        if self._delivery.folder is None:
            return Journal()
        journal, done = Journal(self._delivery.folder / FILE), dict[str, Entry]()
        if self._config.getoption("--sentinel-resume"):
            marks = {fingerprint(run.asked, run.source.name, self._selection()) for run in self._runs}
            done = {one.name: one for one in journal.entries() if one.fingerprint in marks}
            self._runs = [run for run in self._runs if run.asked.name not in done]
            self._started = min((one.started for one in done.values()), default=self._started)
        self._kept = tuple(done.values())
        return journal

    def quieten(self) -> None:
        """pytest's own output steps back, unless the user asks for it or runs tests of their own."""
        option = self._config.option
        self._quiet = option.verbose == 0 and option.tbstyle == "auto"
        if self._quiet:
            option.verbose, option.no_header, option.tbstyle, option.reportchars = -2, True, "no", ""
            option.capture = "no"  # read later than by capturing itself: without it pytest prints percentages
            self._progress = Progress(watched(sys.stderr))

    # Collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: Any) -> list[CheckItem] | None:
        """Checks that need nothing but evidence; those with fixtures of pytest beside are made by pytest."""
        checks: list[Check] = getattr(obj, "__checks__", [])
        if not checks or foreign(obj, checks):
            return None
        return [
            CheckItem.of(collector, f"{name}[{run.connection.name}-{check.id}]", Case(run, check), obj, self._judged)
            for run in self._runs
            for check in checks
        ]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        checks: list[Check] = getattr(metafunc.function, "__checks__", [])
        if not checks:
            return
        direct = [
            name
            for name in metafunc.fixturenames
            if any(name in (c.using or {}) or name in (c.given or {}) for c in checks)
        ]
        metafunc.fixturenames.append(CASE)
        rows = []
        for run in self._runs:
            for check in checks:
                marks = [getattr(pytest.mark, check.area), *(getattr(pytest.mark, mark) for mark in check.marks)]
                values = (Case(run, check), *(None for _ in direct))
                rows.append(pytest.param(*values, id=f"{run.connection.name}-{check.id}", marks=marks))
        metafunc.parametrize([CASE, *direct], rows, indirect=[CASE])

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """In the order of a connection; the negative control only where its marker is asked for."""
        if "negative" not in (config.option.markexpr or ""):
            out = [item for item in items if item.get_closest_marker("negative") and case_of(item)]
            if out:
                config.hook.pytest_deselected(items=out)
                gone = {*out}
                items[:] = [item for item in items if item not in gone]
        unknown = {item for item in items if not self._offered(case_of(item))}
        if unknown:
            config.hook.pytest_deselected(items=list(unknown))
            items[:] = [item for item in items if item not in unknown]
            self.notes.append(f"{len(unknown)} selected checks are left out: the cassette was recorded without them")
        items.sort(key=lambda item: (0, case.run.place, order(case.check)) if (case := case_of(item)) else (1,))

    def _offered(self, case: Case | None) -> bool:
        return case is None or self._arrangement.offers(case.run.connection, case.check)

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
                self._baseline = read(Path(known))
            except BaselineError as error:
                raise pytest.UsageError(str(error)) from None
        if not self._worker:
            self._journal.start(self._kept)

    # Gathering

    async def _gather(self, run: Run) -> None:
        checks = [case.check for case in run.cases]
        run.source = self._arrangement.of(run.asked, checks)
        run.connection, run.gathered, run.duration = await verification.gather(
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
        self._gathering = Gathering(self._gather, wanted, self._config.getoption("--sentinel-jobs")).__enter__()
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
        if self._worker or self._distributed or session.config.option.collectonly or broken:
            return None
        mine: dict[Run, list[pytest.Item]] = {}
        others = []
        for item in session.items:
            if case := case_of(item):
                mine.setdefault(case.run, []).append(item)
            else:
                others.append(item)
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
        from conformance.distributing import portion

        while run.gathered is None:
            if next(self._gathered, None) is None:
                self._gathered = self._gathers(portion(self._runs, run))

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = case_of(pyfuncitem)
        if case is None:
            return None
        known = {*case.check.needs, *(case.check.given or {}), CONNECTION, CASE, "request"}
        arguments = pyfuncitem._fixtureinfo.argnames
        outcome = self._judged(case, {name: pyfuncitem.funcargs[name] for name in arguments if name not in known})
        pyfuncitem.user_properties += properties(case, outcome)
        if fate(outcome) == "failed":
            pytest.fail(told(case, outcome), pytrace=False)
        if fate(outcome) == "skipped":
            pytest.skip(told(case, outcome))
        return True

    def _judged(self, case: Case, others: Mapping[str, Any] | None = None) -> Outcome:
        """The outcome of a case as this run takes it: warnings as failures or not, known findings accepted."""
        outcomes = [case.judge(others or {})]
        if self._config.getoption("--sentinel-strict"):
            outcomes = strict(outcomes)
        (case.outcome,) = accept(outcomes, case.run.connection.name, self._baseline, self._started.date())
        return case.outcome

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and case.outcome and call.when == "call":
            report.sentinel = status_of(case.outcome)
            report.duration = case.duration
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        status = getattr(report, "sentinel", None)
        if status is None or report.when != "call":
            return None
        letter, word = WORDS[status]
        return status, "" if self._quiet else letter, word

    # The end

    def _finish(self, run: Run) -> None:
        """The verdict on a connection: written down, and its evidence let go."""
        assert run.gathered is not None
        self._keep_recording(run)
        cases = sorted(run.cases, key=lambda case: order(case.check))
        outcomes = tuple(case.outcome or self._judged(case) for case in cases)
        report = Report(
            run.connection, run.source.name, self._started, run.duration, run.gathered, outcomes, verdict(outcomes)
        )
        alone = len(self._arrangement.connections) == 1
        docs = Docs.at(self._config.getoption("--sentinel-docs"))
        self._write(entry(report, run.asked, self._selection(), self._command, docs, alone=alone))
        run.drop()
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if self._quiet and terminal:
            terminal.stats.clear()  # pytest would keep every report for a summary that is not printed

    def _write(self, one: Entry) -> None:
        self._journal.add(one)
        if self._history:
            try:
                self._history.add([look(one)])
            except sqlite3.Error as error:  # what was verified is not lost for it
                self.notes.append(f"ERROR: --sentinel-history: {one.name} cannot be written: {error}")
                self._incomplete = True

    def _keep_recording(self, run: Run) -> None:
        if self._arrangement.recording:
            kept, told = self._arrangement.recording.kept(run.connection, run.outcomes())
            self.notes += told
            self._incomplete |= kept is False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._stop_gathering()
        for run in self._runs:
            if run.gathered is not None:  # stopped early, with -x for example
                self._finish(run)
        self._collect_from_workers()
        if self._history:
            self._history.__exit__()
        if self._worker or session.config.option.collectonly or exitstatus not in (0, 1, ExitCode.NOTHING_SELECTED):
            return
        places = {one.name: place for place, one in enumerate(self._arrangement.connections)}
        self._entries = sorted(self._journal.entries(), key=lambda one: places[one.name])
        if not self._entries:
            return
        checks = [check for one in self.document.connections for check in one.checks]
        mine = sum(check.outcome in ("failed", "error") and check.accepted is None for check in checks)
        if session.testsfailed <= mine:  # else something failed that is no outcome of a check
            session.exitstatus = self.document.run.exit_code
        self._undelivered = self._delivery.deliver(self.document)
        if session.exitstatus == 0 and (self._incomplete or any(problem.fatal for problem in self._undelivered)):
            session.exitstatus = ExitCode.USAGE

    @cached_property
    def document(self) -> Document:
        """The report of this session, once all checks have run."""
        from conformance.report.model import compared

        stale_ones = stale(
            {one.name: outcomes_of(one.part) for one in self._entries} if self._baseline else {},
            self._baseline,
            self._started.date(),
        )
        made = document(self._entries, self._duration, self._selection(), self._command, stale_ones)
        return compared(made, self._previous)

    @cached_property
    def _command(self) -> str:
        return command(self._config.invocation_params.args)

    def _selection(self) -> str:
        option = self._config.option
        chosen = [f"-k {option.keyword}" if option.keyword else "", f"-m {option.markexpr}" if option.markexpr else ""]
        return " ".join(part for part in chosen if part) or "all"

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._entries:
            return
        from conformance.report.screen import console
        from conformance.report.terminal import Terminal

        writer = terminalreporter._tw
        out = console(writer._file, width=writer.fullwidth, color=writer.hasmarkup)
        Terminal(out, max(0, self._config.option.verbose)).show(self.document)
        for note in [*self.notes, *(f"{problem.level}: {problem.text}" for problem in self._undelivered)]:
            out.print(note)

    # pytest-xdist: each worker verifies its portion of the connections, and writes down what is finished

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        from conformance.distributing import ByConnection

        self._begin()
        return ByConnection(config, log, {run.connection.name: run.place for run in self._runs})

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker where its controller looks for what is finished."""
        if self._shared is None:
            self._shared = tempfile.TemporaryDirectory(prefix="sentinel-")
        node.workerinput["sentinel_journal"] = self._shared.name

    def _collect_from_workers(self) -> None:
        if self._shared is not None:
            for path in sorted(Path(self._shared.name).iterdir()):
                for one in Journal(path).entries():
                    self._write(one)
            self._shared.cleanup()
            self._duration = (datetime.now(UTC) - self._started).total_seconds()


def run_items(session: pytest.Session, items: Sequence[pytest.Item], after: pytest.Item | None) -> None:
    """Runs items as pytest's own loop does; ``after`` is what comes next."""
    for item, following in pairwise([*items, after]):
        assert item is not None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
