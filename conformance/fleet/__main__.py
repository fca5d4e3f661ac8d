"""`python -m conformance.fleet`: verifies a fleet without pytest, here or on a cluster; `trend` draws its history."""

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

from conformance.connection import ConnectionFileError
from conformance.fleet.ending import ending
from conformance.fleet.history import History, HistoryError
from conformance.fleet.plan import plan
from conformance.fleet.run import Run
from conformance.fleet.shard import ShardError
from conformance.fleet.task import FleetError, FleetLost, Trouble
from conformance.journal import FILE, Journal, JournalError
from conformance.keeping import Keeping
from conformance.report.screen import console
from conformance.sources import SourceError
from conformance.verdict import STATUSES, ExitCode
from conformance.verification import JOBS

INTERRUPTED = 2
"""As pytest says it."""


class Parser(argparse.ArgumentParser):
    """Raises :class:`FleetError` for what it cannot read."""

    def error(self, message: str) -> NoReturn:
        raise FleetError(message)


def verifying() -> argparse.ArgumentParser:
    """The options of a run."""
    parser = Parser(prog="python -m conformance.fleet", description=__doc__)
    add = parser.add_argument
    add("connections", nargs="+", metavar="FILE", help="connection files, globs and folders")
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler (tcp://host:8786); without it, this process verifies")
    add("--report", type=Path, metavar="DIR", help="write what is finished, and the reports, into this folder")
    add("--resume", action="store_true", help="go on where a run into the same folder was cut off")
    add("--history", type=Path, metavar="FILE", help="add the verdicts to this history")
    add("--source", default="live", help="live (default), fake or fake:SCENARIO")
    add("--checks", metavar="NAMES", help="ids and areas of checks, with commas between (all by default)")
    add("--shard", default="1/1", metavar="I/N", help="only this share of the connections, the same ones each time")
    add("--jobs", type=int, default=JOBS, metavar="N", help=f"connections at a time in each process (default {JOBS})")
    add("--deadline", type=float, default=120.0, metavar="SECONDS", help="for each connection (default 120)")
    return parser


def verify(options: argparse.Namespace) -> int:
    """Runs, and says how it ended. Raises what stands in the way before anything was sent."""
    if options.resume and not options.report:
        raise FleetError("--resume goes on in the folder of --report, which is missing")
    journal = Journal(options.report / FILE if options.report else None)
    planned = plan(
        options.connections,
        checks=options.checks,
        shard=options.shard,
        source_name=options.source,
        deadline=options.deadline,
        jobs=options.jobs,
        resumed=journal if options.resume else None,
    )
    began, code = time.monotonic(), None
    with ExitStack() as stack:
        history = stack.enter_context(History(options.history)) if options.history else None
        run = Run(planned, Keeping(journal, history), sys.stderr)
        try:
            asyncio.run(run.go(options.scheduler))
        except FleetLost as error:
            code = error_line(str(error), ExitCode.INCOMPLETE)
        except KeyboardInterrupt:
            code = error_line("interrupted", INTERRUPTED)
    for line in complaints(run.troubles):
        error_line(line, ExitCode.USAGE)
    if run.keeping.problem:
        error_line(f"{options.history}: the history is not complete: {run.keeping.problem}", ExitCode.USAGE)
    if end := ending(lambda: journal.in_order(str), time.monotonic() - began, planned.order.selection):
        try:
            if options.report:
                end.write(options.report)
        except OSError as error:
            journal.problem = error
        end.show(console())
    if journal.problem:
        error_line(f"{options.report}: the report cannot be written: {journal.problem.strerror}", ExitCode.USAGE)
    told = [f"{run.verdicts[status]} {status}" for status in STATUSES]
    missing = len(planned.places) + len(planned.kept) - run.verdicts.total()
    print(f"verdicts  {', '.join(told)}" + (f"; {missing} without a verdict" if missing else ""))
    if missing and options.report:
        print("next      the same command with --resume verifies those alone")
    return run.exit_code if code is None else code


def trending() -> argparse.ArgumentParser:
    """The options of `trend`."""
    parser = Parser(prog="python -m conformance.fleet trend", description="Draws how a fleet fares over time.")
    parser.add_argument("--history", type=Path, required=True, metavar="FILE", help="what runs wrote with --history")
    parser.add_argument("--days", type=int, metavar="N", help="only the last N days (all by default)")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write it as a picture too")
    return parser


def draw(options: argparse.Namespace) -> int:
    """The trend at the terminal, and as a picture."""
    from conformance.fleet.chart import draw
    from conformance.fleet.picture import picture
    from conformance.fleet.trend import trend

    if not options.history.is_file():
        raise FleetError(f"{options.history}: no such file")
    since = None if options.days is None else datetime.now(UTC) - timedelta(days=options.days)
    with History(options.history) as history:
        found = trend(history, since)
    draw(found, console())
    if options.svg and found.nights:
        try:
            options.svg.write_text(picture(found), encoding="utf-8")
        except OSError as error:
            raise FleetError(f"{options.svg}: cannot be written: {error.strerror}") from None
    return ExitCode.CONFORMANT


def complaints(troubles: Iterable[Trouble]) -> Iterator[str]:
    """Why connections have no verdict, a line for each reason."""
    for text, group in groupby(sorted(troubles, key=lambda one: (one.text, one.name)), key=lambda one: one.text):
        names = [one.name for one in group]
        yield f"{', '.join(names[:3])}{f' and {len(names) - 3} others' if len(names) > 3 else ''}: {text}"


def error_line(text: str, code: int) -> int:
    """Says what is wrong on standard error; gives the exit code back."""
    print(f"ERROR: {text}", file=sys.stderr)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit codes are those of the plugin."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["trend"]:
            return draw(trending().parse_args(words[1:]))
        return verify(verifying().parse_args(words))
    except (ConnectionFileError, FleetError, HistoryError, JournalError, ShardError, SourceError) as error:
        return error_line(str(error), ExitCode.USAGE)


if __name__ == "__main__":
    sys.exit(main())
