"""`python -m conformance.fleet`: verify a fleet without pytest, here or on a cluster; `trend` draws its history."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NoReturn

from conformance.command_line import OneScreenParser
from conformance.deadline import DEADLINE
from conformance.errors import UsageError
from conformance.fleet.plan import plan
from conformance.fleet.run import Run
from conformance.fleet.task import Failure, FleetError, FleetLost
from conformance.outputs.delivery import Delivery, Problem
from conformance.outputs.summary import RunSummary, Tally
from conformance.redaction import clean, clean_logs, say
from conformance.report.comparison import past
from conformance.report.terminal_layout import console
from conformance.results.history import History
from conformance.results.journal import Journal
from conformance.results.store import RunStore
from conformance.run_options import RunOptions
from conformance.sources.resolve import CASSETTES
from conformance.verification.api import JOBS
from conformance.verification.verdict import STATUSES, ExitCode

PROGRAM = "python -m conformance.fleet"
RARE = (
    "--language",
    "--contact",
    "--docs",
    "--strict",
    "--strict-retirements",
    "--processes",
    "--jobs",
    "--deadline",
    "--wait",
)
"""Options that the short help only names."""
INTERRUPTED = 2
"""pytest's exit code for an interrupted run."""


class Parser(OneScreenParser):
    """An argument parser that raises :class:`FleetError` for arguments that it cannot read."""

    def error(self, message: str) -> NoReturn:
        """Raise :class:`FleetError` with argparse's message."""
        raise FleetError(message)


def run_parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """Return the parser of a run's options."""
    parser = Parser(
        prog=program,
        description="Verify many connections without pytest, here or on a cluster; `trend` draws their history.",
        rare=RARE,
    )
    add = parser.add_argument
    add("connections", nargs="+", metavar="FILE", help="connection files, globs and folders")
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler (tcp://host:8786); without it, this machine verifies")
    add(
        "--processes",
        type=int,
        metavar="N",
        help="worker processes on this machine (by default one for each core, where there are enough connections)",
    )
    add("--checks", metavar="NAMES", help="ids and areas of checks, with commas between (all by default)")
    same = parser.add_argument_group("as in pytest, without --sentinel-").add_argument
    parser.set_defaults(cassettes=CASSETTES, watch=None)
    same("--source", default="live", help="live (default), fake or fake:SCENARIO")
    same("--report", type=Path, metavar="DIR", help="write what is finished, and the reports, into this folder")
    same("--resume", action="store_true", help="go on where a run into the same folder was cut off")
    same("--language", metavar="LANGUAGES", help="of the pages to hand back, such as de,en")
    same("--contact", metavar="TEXT", help="who sends the pages to hand back, and how to reach them")
    same("--notify", action="append", metavar="URL", help="apprise address to tell of failures and changes")
    same("--compare", metavar="PREVIOUS", help="tell what changed since this report.json")
    same("--docs", metavar="URL", help="where the site of `make site` is published")
    same("--strict", action="store_true", help="take warnings for failures")
    same("--strict-retirements", action="store_true", help="take announced retirements for failures")
    same("--baseline", type=Path, metavar="FILE", help="known findings that are accepted")
    same("--history", type=Path, metavar="FILE", help="add the verdicts to this history")
    same("--shard", default="1/1", metavar="I/N", help="only this share of the connections, the same ones each time")
    same("--jobs", type=int, default=JOBS, metavar="N", help=f"connections at a time in each process (default {JOBS})")
    same(
        "--deadline",
        type=float,
        default=DEADLINE,
        metavar="SECONDS",
        help=f"for each connection (default {DEADLINE:g})",
    )
    same("--wait", default="0s", metavar="TIME", help="wait this long (10m) for roles and consents of minutes ago")
    return parser


def verify(arguments: argparse.Namespace) -> int:
    """Run, print the result, and return the exit code.

    Raises :class:`~conformance.errors.UsageError` for everything that prevents the run, before anything is sent.
    """
    if arguments.processes is not None and arguments.scheduler:
        raise FleetError("--processes: of this machine; with --scheduler, the cluster's workers verify")
    if arguments.processes is not None and arguments.processes < 1:
        raise FleetError("--processes: at least 1")
    options = RunOptions.parse(lambda name: getattr(arguments, name.replace("-", "_")))
    journal = options.journal()
    planned = plan(arguments.connections, options, checks=arguments.checks, resumed=journal if options.resume else None)
    previous = past(options.compare, planned.names)
    tally = Tally(str, previous=previous, baseline=planned.spec.baseline, today=planned.spec.started.date())
    began = time.monotonic()
    with ExitStack() as stack:
        history = options.history()
        store = RunStore(journal, history.__enter__() if history else None)
        options.delivery.prepare()
        stack.callback(store.close)
        run = Run(planned, store, sys.stderr, tally)
        cut_off = execute(run, arguments)
    for note in run.notes:
        say(clean(f"WARNING: {note}"), error=True)
    for line in failure_lines(run.failures):
        error_line(line, ExitCode.USAGE)
    if store.problem:
        error_line(f"{options.history_file}: the history is not complete: {store.problem}", ExitCode.USAGE)
    summary = tally.summary(
        lambda: store.in_order(str),
        time.monotonic() - began,
        planned.spec.selection,
        unfinished=run.unfinished,
        history=options.history(),
    )
    incomplete = deliver_reports(summary, options.delivery, journal, interrupted=cut_off == INTERRUPTED)
    for line in counts(run, options):
        say(clean(line))
    if cut_off is not None:
        return cut_off
    code = summary.exit_code if summary and run.exit_code != ExitCode.USAGE else run.exit_code
    return code or (ExitCode.USAGE if incomplete or store.problem else ExitCode.CONFORMANT)


def execute(run: Run, arguments: argparse.Namespace) -> int | None:
    """Run the plan. If the run is lost or interrupted, print the reason and return its exit code; otherwise return
    None.
    """
    try:
        asyncio.run(run.go(arguments.scheduler, arguments.processes))
    except FleetLost as error:
        return error_line(str(error), ExitCode.INCOMPLETE)
    except KeyboardInterrupt:
        return error_line("interrupted", INTERRUPTED)
    return None


def counts(run: Run, options: RunOptions) -> Iterator[str]:
    """Yield lines: the number of connections per verdict, and how to verify the connections without a verdict."""
    if not run.plan.names:
        yield f"share     {options.shard} has none of the connections"
    counts_text = [f"{run.verdicts[status]} {status}" for status in STATUSES]
    missing = len(run.unfinished)
    yield f"verdicts  {', '.join(counts_text)}" + (f"; {missing} without a verdict" if missing else "")
    if missing and options.delivery.folder:
        yield "next      the same command with --resume verifies those alone"


def deliver_reports(end: RunSummary | None, delivery: Delivery, journal: Journal, *, interrupted: bool) -> bool:
    """Print and deliver the results of a run. Return whether a requested report could not be written."""
    problems: list[Problem] = []
    if end:
        end.show(console())
        problems = delivery.deliver(end, interrupted=interrupted, unwritten=journal.problem)
    elif journal.problem:
        problems = [delivery.unwritten(journal.problem)]
    for delivery_problem in problems:
        say(clean(f"{delivery_problem.level}: {delivery_problem.text}"), error=True)
    incomplete = any(problem.fatal for problem in problems)
    if end and not incomplete and (page := delivery.write_report(end)):
        say(clean(f"report    {page}"))
    return incomplete


def trend_parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """Return the parser of the options of `trend`."""
    parser = Parser(prog=f"{program} trend", description="Draws how a fleet fares over time.")
    parser.add_argument("--history", type=Path, required=True, metavar="FILE", help="what runs wrote with --history")
    parser.add_argument("--days", type=int, metavar="N", help="only the last N days (all by default)")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write it as a picture too")
    return parser


def draw(options: argparse.Namespace) -> int:
    """Draw the trend at the terminal, and as an SVG file if requested. Return the exit code.

    Raises :class:`FleetError` for a missing file, and ``HistoryError``.
    """
    from conformance.report.fleet.trend_svg import picture
    from conformance.report.fleet.trend_terminal import draw
    from conformance.results.trend import trend

    if not options.history.is_file():
        raise FleetError(f"{options.history}: no such file")
    since = None if options.days is None else datetime.now(UTC) - timedelta(days=options.days)
    with History(options.history) as history:
        if history.locked:
            raise FleetError(f"{options.history}: cannot be read: {history.locked}")
        trend_data = trend(history, since)
    draw(trend_data, console())
    if options.svg and trend_data.nights:
        try:
            options.svg.write_text(picture(trend_data), encoding="utf-8")
        except OSError as error:
            raise FleetError(f"{options.svg}: cannot be written: {error.strerror}") from None
    return ExitCode.CONFORMANT


def failure_lines(failures: Iterable[Failure]) -> Iterator[str]:
    """Yield a line for each reason why connections have no verdict."""
    for text, group in groupby(
        sorted(failures, key=lambda failure: (failure.text, failure.name)), key=lambda failure: failure.text
    ):
        names = [failure.name for failure in group]
        yield f"{', '.join(names[:3])}{f' and {len(names) - 3} others' if len(names) > 3 else ''}: {text}"


def error_line(text: str, code: int) -> int:
    """Print an error on standard error and return ``code``."""
    say(f"ERROR: {clean(text)}", error=True)
    return code


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run the command line and return its exit code: one of the plugin's (:class:`ExitCode`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["trend"]:
            return draw(trend_parser(program).parse_args(words[1:]))
        with clean_logs():
            return verify(run_parser(program).parse_args(words))
    except UsageError as error:
        return error_line(str(error).replace("--sentinel-", "--"), ExitCode.USAGE)


if __name__ == "__main__":
    sys.exit(main())
