"""A pytest session that verifies connections: collects checks, gathers evidence once, judges, reports."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from conformance import verification
from conformance.baseline import Baseline, BaselineError, accept, read, stale
from conformance.cases import CASE, WORDS, Case, Run, case_of, properties, told
from conformance.checks.outcome import Outcome
from conformance.checks.registry import AREAS, Check, order
from conformance.connection import ConnectionFileError, DurationError, duration, load
from conformance.delivery import Delivery, DeliveryError, Problem
from conformance.findings import Docs, DocsError
from conformance.probing.probe import CONNECTION, PROBES
from conformance.probing.transport import Patience
from conformance.report.progress import Progress, watched
from conformance.sources import Source, SourceError, source
from conformance.verdict import ExitCode, strict, verdict
from conformance.verification import Report

if TYPE_CHECKING:
    from conformance.report.model import Document


def start(config: pytest.Config, checks: Path) -> None:
    """Turns the run into a verification. Raises ``pytest.UsageError`` (exit code 4) for what cannot be used."""
    try:
        where = source(config.getoption("--sentinel-source"))
        duration(config.getoption("--sentinel-wait"))
        connections = load(config.getoption("--sentinel-config"))
        delivery = Delivery.of(config.getoption)
        Docs.at(config.getoption("--sentinel-docs"))
    except (ConnectionFileError, SourceError, DurationError, DeliveryError, DocsError) as error:
        raise pytest.UsageError(str(error)) from None
    if config.args_source is not config.ArgsSource.ARGS:
        config.args[:] = [str(checks)]
        config.args_source = config.ArgsSource.ARGS
    config.addinivalue_line(
        "markers", "negative: a token of one API put to another, which must refuse it (run with -m negative)"
    )
    for area, title in AREAS.items():
        config.addinivalue_line("markers", f"{area}: {title}")
    session = Session(config, where, [Run(one) for one in connections], delivery)
    # Evidence is gathered concurrently in one process already; dividing the checks would ask everything again.
    if getattr(config.option, "dist", "no") != "no":
        config.option.dist, config.option.numprocesses, config.option.tx = "no", None, []
        session.notes.append("-n is not needed: the requests run concurrently in one process")
    config.pluginmanager.register(session, "sentinel-session")
    config.pluginmanager.register(fixtures(), "sentinel-fixtures")
    session.quieten()


def fixtures() -> ModuleType:
    """Every probe as a fixture that gives its evidence, and the connection."""

    def of(name: str) -> Any:
        def evidence(request: pytest.FixtureRequest) -> Any:
            case: Case = request.getfixturevalue(CASE)
            return case.run.connection if name == CONNECTION else case.evidence(name)

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

    def __init__(self, config: pytest.Config, where: Source, runs: list[Run], delivery: Delivery) -> None:
        self._config, self._source, self._runs, self._delivery = config, where, runs, delivery
        self._baseline: Baseline = ()
        self._started = datetime.now(UTC)
        self._session: pytest.Session | None = None
        self._undelivered: list[Problem] = []
        self.notes: list[str] = []

    def quieten(self) -> None:
        """pytest's own output steps back, unless the user asks for it or runs tests of their own."""
        option = self._config.option
        self._quiet = option.verbose == 0 and option.tbstyle == "auto"
        if self._quiet:
            option.verbose, option.no_header, option.tbstyle, option.reportchars = -2, True, "no", ""
            option.capture = "no"  # read later than by capturing itself: without it pytest prints percentages

    # Collection

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
                items[:] = [item for item in items if item not in out]
        names = [run.connection.name for run in self._runs]
        items.sort(
            key=lambda item: (
                (0, names.index(case.run.connection.name), order(case.check)) if (case := case_of(item)) else (1,)
            )
        )

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._session = session
        for item in session.items:
            if case := case_of(item):
                case.run.cases.append(case)
        if session.config.option.collectonly:
            return
        if known := session.config.getoption("--sentinel-baseline"):
            try:
                self._baseline = read(Path(known))  # now, since own checks are known now
            except BaselineError as error:
                raise pytest.UsageError(str(error)) from None
        with Progress(watched(sys.stderr) if self._quiet else None) as progress:
            asyncio.run(self._gather(progress))

    async def _gather(self, progress: Progress) -> None:
        patience = Patience(deadline=self._config.getoption("--sentinel-deadline"))
        wait = duration(self._config.getoption("--sentinel-wait")).total_seconds()

        async def one(run: Run) -> None:
            checks = [case.check for case in run.cases]
            run.connection, run.gathered, run.duration = await verification.gather(
                run.connection,
                self._source,
                checks,
                patience=patience,
                wait=wait,
                progress=lambda known, total: progress.update(run.connection.name, known, total),
            )
            run.asked = True

        await asyncio.gather(*(one(run) for run in self._runs if run.cases))

    # Running

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        case = case_of(pyfuncitem)
        if case is None:
            return None
        known = {*case.check.needs, *(case.check.given or {}), CONNECTION, CASE, "request"}
        arguments = pyfuncitem._fixtureinfo.argnames
        outcome = self._judged(case, {name: pyfuncitem.funcargs[name] for name in arguments if name not in known})
        pyfuncitem.user_properties += properties(case, outcome)
        if case.fails:
            pytest.fail(told(case, outcome), pytrace=False)
        if outcome.accepted or outcome.status not in ("passed", "warning"):
            pytest.skip(told(case, outcome))
        return True

    def _judged(self, case: Case, others: Mapping[str, Any]) -> Outcome:
        """The outcome of a case as this run takes it: warnings as failures or not, known findings accepted."""
        outcomes = [case.judge(others)]
        if self._config.getoption("--sentinel-strict"):
            outcomes = strict(outcomes)
        (case.outcome,) = accept(outcomes, case.run.connection.name, self._baseline, self._started.date())
        return case.outcome

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        case = case_of(item)
        if case and case.outcome and call.when == "call":
            report.sentinel = "accepted" if case.outcome.accepted else case.outcome.status
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

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus not in (0, 1) or session.config.option.collectonly:
            return
        document = self.document
        if not document.connections:
            return
        mine = sum(case.fails for run in self._runs for case in run.cases)
        if session.testsfailed <= mine:  # else something failed that is no outcome of a check
            session.exitstatus = document.run.exit_code
        self._undelivered = self._delivery.deliver(document)
        if any(problem.fatal for problem in self._undelivered) and session.exitstatus == 0:
            session.exitstatus = ExitCode.USAGE

    @cached_property
    def document(self) -> Document:
        """The report of this session, once all checks have run."""
        from conformance.report.command import command
        from conformance.report.model import document

        reports = self.reports()
        outcomes = {one.connection.name: one.outcomes for one in reports}
        return document(
            reports,
            self._selection(),
            command(self._config.invocation_params.args),
            stale(outcomes, self._baseline, self._started.date()),
            Docs.at(self._config.getoption("--sentinel-docs")),
        )

    def reports(self) -> list[Report]:
        """One report per connection with selected checks."""
        found = []
        for run in self._runs:
            if not run.asked:  # not selected, or interrupted
                continue
            cases = sorted(run.cases, key=lambda case: order(case.check))
            outcomes = tuple(case.outcome or self._judged(case, {}) for case in cases)
            found.append(
                Report(
                    run.connection,
                    self._source.name,
                    self._started,
                    run.duration,
                    run.gathered,
                    outcomes,
                    verdict(outcomes),
                )
            )
        return found

    def _selection(self) -> str:
        option = self._config.option
        chosen = [f"-k {option.keyword}" if option.keyword else "", f"-m {option.markexpr}" if option.markexpr else ""]
        return " ".join(part for part in chosen if part) or "all"

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.document.connections:
            return
        from conformance.report.screen import console
        from conformance.report.terminal import Terminal

        writer = terminalreporter._tw
        out = console(writer._file, width=writer.fullwidth, color=writer.hasmarkup)
        Terminal(out, max(0, self._config.option.verbose)).show(self.document)
        for note in [*self.notes, *(f"{problem.level}: {problem.text}" for problem in self._undelivered)]:
            out.print(note)
