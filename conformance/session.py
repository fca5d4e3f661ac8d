"""A pytest session that verifies connections: collects checks, gathers evidence once, judges, reports."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from conformance import verification
from conformance.checks.registry import AREAS, Check, order
from conformance.connection import ConnectionFileError, DurationError, duration, load
from conformance.fleet.shard import Shard, ShardError
from conformance.gathering import Gathering
from conformance.items import CASE, FAILING, Case, CheckItem, Run, case_of, foreign, properties, tell
from conformance.journal import FILE, Entry, Journal, document, entry, fingerprint
from conformance.probing.probe import CONNECTION, PROBES
from conformance.probing.transport import Patience
from conformance.report.model import Document
from conformance.sources import Source, SourceError, source
from conformance.verdict import ExitCode, strict, verdict, worst
from conformance.verification import Report

WORDS: Mapping[str, tuple[str, str]] = {
    "passed": (".", "PASSED"),
    "warning": ("w", "WARNING"),
    "failed": ("F", "FAILED"),
    "blocked": ("b", "BLOCKED"),
    "not_applicable": ("n", "NOT APPLICABLE"),
    "not_configured": ("n", "NOT CONFIGURED"),
    "inconclusive": ("?", "INCONCLUSIVE"),
    "error": ("E", "ERROR"),
}


def start(config: pytest.Config, checks: Path) -> None:
    """Turns the run into a verification. Raises ``pytest.UsageError`` (exit code 4) for what cannot be used."""
    try:
        where = source(config.getoption("--sentinel-source"))
        duration(config.getoption("--sentinel-wait"))
        share = Shard.parse(config.getoption("--sentinel-shard"))
        connections = share.of(load(config.getoption("--sentinel-config")))
        if config.getoption("--sentinel-resume") and not config.getoption("--sentinel-report"):
            raise pytest.UsageError("--sentinel-resume goes on in the folder of --sentinel-report, which is missing")
        if config.getoption("--sentinel-jobs") < 1:
            raise pytest.UsageError("--sentinel-jobs: at least 1 connection at a time")
    except (ConnectionFileError, SourceError, DurationError, ShardError) as error:
        raise pytest.UsageError(str(error)) from None
    if config.args_source is not config.ArgsSource.ARGS:
        config.args[:] = [str(checks)]
        config.args_source = config.ArgsSource.ARGS
    config.addinivalue_line(
        "markers", "negative: a token of one API put to another, which must refuse it (run with -m negative)"
    )
    for area, title in AREAS.items():
        config.addinivalue_line("markers", f"{area}: {title}")
    session = Session(config, where, [Run(one, place) for place, one in enumerate(connections)])
    config.pluginmanager.register(session, "sentinel-session")
    config.pluginmanager.register(fixtures(), "sentinel-fixtures")
    session.quieten()


def fixtures() -> ModuleType:
    """Every probe as a fixture that gives its evidence, and the connection."""

    def of(name: str) -> Any:
        def evidence(request: pytest.FixtureRequest) -> Any:
            run: Run = request.getfixturevalue(CASE).run
            assert run.gathered is not None
            return run.connection if name == CONNECTION else run.gathered.evidence[name]

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

    def __init__(self, config: pytest.Config, where: Source, runs: list[Run]) -> None:
        self._config, self._source, self._runs = config, where, runs
        self._started = datetime.now(UTC)
        self._distributed = getattr(config.option, "dist", "no") != "no"
        self._worker = getattr(config, "workerinput", None)
        self._gathering: Gathering[Run] | None = None
        self._gathered: Iterator[Run] = iter(())
        self._progress = Progress(None)
        self._shared: tempfile.TemporaryDirectory[str] | None = None
        self._entries: list[Entry] = []
        self._duration = 0.0
        folder = config.getoption("--sentinel-report")
        self._folder = Path(folder) if folder else None
        self._journal = self._open()

    def _open(self) -> Journal:
        """Where finished connections are written down; with ``--sentinel-resume``, the finished ones are left out."""
        if self._worker:  # of pytest-xdist: a file of its own, in the controller's folder
            return Journal(Path(self._worker["sentinel_journal"]) / f"connections-{self._worker['workerid']}.jsonl")
        if self._folder is None:
            return Journal()
        journal, done = Journal(self._folder / FILE), {}
        if self._config.getoption("--sentinel-resume"):
            prints = {fingerprint(run.connection, self._source.name, self._selection()) for run in self._runs}
            done = {one.name: one for one in journal.entries() if one.fingerprint in prints}
        journal.start(done.values())
        self._runs = [run for run in self._runs if run.connection.name not in done]
        return journal

    def quieten(self) -> None:
        """pytest's own output steps back, unless the user asks for it or runs tests of their own."""
        option = self._config.option
        self._quiet = option.verbose == 0 and option.tbstyle == "auto"
        if self._quiet:
            option.verbose, option.no_header, option.tbstyle, option.reportchars = -2, True, "no", ""
            option.capture = "no"  # read later than by capturing itself: without it pytest prints percentages
            if sys.stderr.isatty() and not os.environ.get("CI"):
                self._progress = Progress(sys.stderr)

    # Collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: Any) -> list[CheckItem] | None:
        """Checks that need nothing but evidence; those with fixtures of pytest beside are made by pytest."""
        checks: list[Check] = getattr(obj, "__checks__", [])
        if not checks or foreign(obj, checks):
            return None
        return [
            CheckItem.of(collector, f"{name}[{run.connection.name}-{check.id}]", Case(run, check), obj)
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
                gone = set(out)
                items[:] = [item for item in items if item not in gone]
        items.sort(key=lambda item: (0, case.run.place, order(case.check)) if (case := case_of(item)) else (1,))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            if case := case_of(item):
                case.run.cases.append(case)
                case.run.left += 1

    # Gathering

    async def _gather(self, run: Run) -> None:
        run.connection, run.gathered, run.duration = await verification.gather(
            run.connection,
            self._source,
            [case.check for case in run.cases],
            patience=Patience(deadline=self._config.getoption("--sentinel-deadline")),
            wait=duration(self._config.getoption("--sentinel-wait")).total_seconds(),
            progress=lambda known, total: self._progress.update(run.connection.name, known, total),
        )

    def _gathers(self, runs: list[Run]) -> Iterator[Run]:
        """Starts gathering; gives each connection as soon as its evidence is complete."""
        self._stop_gathering()
        wanted = [run for run in runs if run.cases and run.gathered is None]
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
        if self._worker or self._distributed or session.config.option.collectonly:
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return None
        items: dict[Run | None, list[pytest.Item]] = {}
        for item in session.items:
            case = case_of(item)
            items.setdefault(case.run if case else None, []).append(item)
        others = items.pop(None, [])
        began = time.monotonic()
        with self._progress:
            for run in self._gathers(list(items)):  # type: ignore[arg-type]
                mine = items.pop(run)
                after = next(iter(items.values()), others)
                run_items(session, mine, after[0] if after else None)
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
                self._gathered = self._gathers(portion(self._runs, run.place))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        from conformance.distributing import ByConnection

        return ByConnection(config, log, {run.connection.name: run.place for run in self._runs})

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = case_of(pyfuncitem)
        if case is None:
            return None
        known = {*case.check.needs, *(case.check.given or {}), CONNECTION, CASE, "request"}
        arguments = pyfuncitem._fixtureinfo.argnames
        outcome = case.judge({name: pyfuncitem.funcargs[name] for name in arguments if name not in known})
        pyfuncitem.user_properties += properties(case, outcome)
        tell(case, outcome)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and case.outcome and call.when == "call":
            report.sentinel = case.outcome.status
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
        outcomes = run.outcomes()
        if self._config.getoption("--sentinel-strict"):
            outcomes = strict(outcomes)
        report = Report(
            run.connection,
            self._source.name,
            self._started,
            run.duration,
            run.gathered,
            tuple(outcomes),
            verdict(outcomes),
        )
        self._journal.add(entry(report, self._selection()))
        run.drop()
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if self._quiet and terminal:
            terminal.stats.clear()  # pytest would keep every report for a summary that is not printed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker of pytest-xdist where its controller looks for what is finished."""
        if self._shared is None:
            self._shared = tempfile.TemporaryDirectory(prefix="sentinel-")
        node.workerinput["sentinel_journal"] = self._shared.name

    def _collect_from_workers(self) -> None:
        if self._shared is not None:
            for path in sorted(Path(self._shared.name).iterdir()):
                for one in Journal(path).entries():
                    self._journal.add(one)
            self._shared.cleanup()
            self._shared = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._stop_gathering()
        for run in self._runs:
            if run.gathered is not None:  # stopped early, with -x for example
                self._finish(run)
        self._collect_from_workers()
        if self._worker or session.config.option.collectonly or exitstatus not in (0, 1, 5):
            return
        self._entries = list(self._journal.entries())
        if not self._entries:
            return
        verdicts = [one.part.verdict for one in self._entries]
        mine = sum(one.counts.get(status, 0) for one in verdicts for status in FAILING)
        if session.testsfailed <= mine:  # else something failed that is no outcome of a check
            session.exitstatus = worst({ExitCode(one.exit_code) for one in verdicts})
        if self._folder:
            from conformance.report.files import write

            try:
                write(self._folder, self._document())
            except OSError as error:
                self._journal.problem = error
            if self._journal.problem and session.exitstatus == 0:
                session.exitstatus = ExitCode.USAGE

    def _document(self) -> Document:
        return document(self._entries, self._duration, self._selection())

    def _selection(self) -> str:
        option = self._config.option
        chosen = [f"-k {option.keyword}" if option.keyword else "", f"-m {option.markexpr}" if option.markexpr else ""]
        return " ".join(part for part in chosen if part) or "all"

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._entries:
            return
        from conformance.report.terminal import Terminal, console

        writer = terminalreporter._tw
        out = console(writer._file, width=writer.fullwidth, color=writer.hasmarkup)
        Terminal(out, max(0, self._config.option.verbose)).show(self._document())
        if problem := self._journal.problem:
            out.print(f"ERROR: {self._folder}: the report cannot be written: {problem.strerror}")


def run_items(session: pytest.Session, items: Sequence[pytest.Item], after: pytest.Item | None) -> None:
    """Runs items as pytest's own loop does; ``after`` is what comes next."""
    for item, following in pairwise([*items, after]):
        assert item is not None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)


class Progress:
    """One line that says how far the probes are; nothing where nobody watches."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._state = stream, {}

    _state: dict[str, tuple[int, int]]

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream and self._state:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, name: str, known: int, total: int) -> None:
        self._state[name] = (known, total)
        if self._stream:
            done, all_of_them = (sum(pair[i] for pair in self._state.values()) for i in (0, 1))
            self._stream.write(f"\r\x1b[Kasking {name}: {done} of {all_of_them} answers")
            self._stream.flush()
