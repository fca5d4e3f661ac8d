"""Loop of a session: evidence is gathered in the background; the items of a connection run once its evidence is
complete.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from conformance.checks.registry import Check
from conformance.probing.open_files import files_left
from conformance.probing.shortage import Shortage, shortage
from conformance.probing.tokens import load_msal
from conformance.probing.transport import SOCKETS
from conformance.pytest_plugin.cases import Run
from conformance.pytest_plugin.early import selects_all
from conformance.pytest_plugin.items import Boundary, CheckItem, case_of, run_items
from conformance.pytest_plugin.setup import RunSetup
from conformance.report.progress import Progress
from conformance.run_options import RunOptions
from conformance.verification import pipeline
from conformance.verification.background import BackgroundGatherer
from conformance.verification.concurrency import account_key, no_group
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    from conformance.pytest_plugin.watcher import Watcher


class WithoutEvidence:
    """The hook that leaves out the items of connections without evidence, if this machine lacked a resource."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Skip the items of a connection that was not gathered; pytest runs all others."""
        case = case_of(item)
        if case is None or case.run.examination is not None:
            return None
        item.session._setupstate.teardown_exact(nextitem)  # as pytest does after an item that ran
        return True


class RunLoop:
    """The hooks that run items.

    ``worker`` is the ``workerinput`` of a pytest-xdist worker, ``distributed`` is true in its controller. ``finish``
    is called with each connection, once all its items are reported.
    """

    def __init__(
        self,
        options: RunOptions,
        setup: RunSetup,
        runs: Sequence[Run],
        progress: Progress,
        finish: Callable[[Run], None],
        *,
        worker: Mapping[str, Any] | None,
        distributed: bool,
        watcher: Watcher | None = None,
    ) -> None:
        self._watcher = watcher
        self._options, self._setup, self._runs = options, setup, runs
        self._progress, self._finish = progress, finish
        self._worker, self._distributed = worker, distributed
        self._gatherer: BackgroundGatherer[Run] | None = None
        self._gathered: Iterator[Run] = iter(())
        self._early = False
        self._collected = asyncio.Event()
        self.duration = 0.0
        """Seconds until the last connection was reported."""
        self.shortage: Shortage | None = None
        """The shortage that left connections unfinished."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Request discovery documents and tokens while checks are collected, if all of them are selected.

        This is not done if few files may be opened: pytest opens folders meanwhile, and the run would end if it cannot.
        """
        own = self._worker is None and not self._distributed and self._watcher is None and files_left() >= SOCKETS
        if own and self._setup.asks_services and selects_all(session.config, self._options):
            self._early = True
            self._gatherer = self._begin(self._runs)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Create all loggers now: pytest iterates over them while evidence is gathered in another thread."""
        if not self._distributed and not session.config.option.collectonly:
            load_msal()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run items as pytest's own loop does, but connection by connection, in the order of their evidence."""
        option = session.config.option
        broken = session.testsfailed and not option.continue_on_collection_errors
        if self._worker or self._distributed or option.collectonly or broken:
            return None
        by_run: dict[Run, list[pytest.Item]] = {}
        others = []
        for item in session.items:
            if case := case_of(item):
                by_run.setdefault(case.run, []).append(item)
            else:
                others.append(item)
        session.items[:] = others  # the items of a connection are released with it: a fleet has hundreds of thousands
        boundary: pytest.Item = Boundary.from_parent(session, name="boundary")
        began = time.monotonic()
        try:
            with self._progress:
                for run in self._gather_all(list(by_run)):
                    run_items(session, by_run.pop(run), boundary if by_run or others else None)
                    self.duration = time.monotonic() - began
        except Exception as error:
            self.shortage = shortage(error)
            if self.shortage is None:
                raise
        run_items(session, others, None)
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Gather before the timer of any other plugin starts; report a connection after its last item."""
        case = case_of(item)
        if case and case.run.examination is None:  # in a worker of pytest-xdist, which sets the order
            self._gather_or_lack(case.run)
        if isinstance(item, CheckItem):
            item.begin()
        result = yield
        if case and case.run.examination is not None:
            case.run.left -= 1
            if case.run.left == 0:
                self._finish(case.run)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End the session with one line instead of a traceback if the error is a shortage of this machine."""
        if shortage_error := shortage(excinfo.value):
            pytest.exit(str(shortage_error), ExitCode.INCOMPLETE)

    def stop(self) -> None:
        """Cancel the gathering under way."""
        if self._gatherer:
            self._gatherer.__exit__(None, None, None)
            self._gatherer = None

    async def _gather(self, run: Run) -> None:
        checks = self._selection(run) if self._early else [case.check for case in run.cases]

        async def gather(recheck: pipeline.Recheck) -> pipeline.Examination:
            run.source = self._setup.of(run.configured, checks if isinstance(checks, list) else ())
            return await pipeline.gather(
                run.configured,
                run.source,
                checks,
                patience=self._options.patience,
                recheck=recheck,
                progress=lambda answered, total: self._progress.update(run.configured.name, answered, total),
            )

        wait = pipeline.Wait(self._options.wait)
        examination = await (self._watcher.gather(run, gather) if self._watcher else gather(wait))
        if run.cases:
            run.examination = examination

    def _selection(self, run: Run) -> pipeline.Selection:
        async def selected() -> list[Check]:
            await self._collected.wait()
            return [case.check for case in run.cases]

        return selected

    def _gather_all(self, runs: Sequence[Run]) -> Iterator[Run]:
        """Start or continue gathering; yield each connection as soon as its evidence is complete."""
        if self._early and self._gatherer:
            self._gatherer.call(self._collected.set)
            waiting = {*runs}
            return (run for run in self._finished(self._gatherer) if run in waiting)
        self.stop()
        self._gatherer = self._begin([run for run in runs if run.left and run.examination is None])
        return self._finished(self._gatherer)

    def _begin(self, runs: Sequence[Run]) -> BackgroundGatherer[Run]:
        group = no_group if self._watcher else lambda run: account_key(run.configured)
        return BackgroundGatherer(self._gather, runs, self._options.jobs, group).__enter__()

    def _finished(self, gatherer: BackgroundGatherer[Run]) -> Iterator[Run]:
        """Yield each connection as soon as it is done. The first interrupt during a watch ends only the watch."""
        while True:
            try:
                yield from gatherer.finished()
            except KeyboardInterrupt:
                if self._watcher and self._watcher.stop():
                    continue
                raise
            return

    def _gather_or_lack(self, run: Run) -> None:
        """Gather the worker's connections until this one is complete, or until this machine lacks a resource."""
        if self.shortage:
            return
        try:
            self._gather_until(run)
        except Exception as error:
            self.shortage = shortage(error)
            if self.shortage is None:
                raise

    def _gather_until(self, run: Run) -> None:
        """Gather the worker's connections until this one is complete."""
        from conformance.pytest_plugin.xdist import WorkerInput, worker_share

        assert self._worker
        while run.examination is None:
            if next(self._gathered, None) is None:
                elsewhere = WorkerInput.to(self._worker).finished_elsewhere() - {run.configured.name}
                share = [
                    other for other in worker_share(list(self._runs), run) if other.configured.name not in elsewhere
                ]
                self._gathered = self._gather_all(share)
