"""`make bench`: each figure is a ratio of two measurements in the same run, with its target.

`python -m benchmarks.run [--quick] [--write docs/benchmarks.md]`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import kql, living
from benchmarks.figures import DEMO, Figure, table, write
from benchmarks.live_sources import Counting, OneByOne, Unbounded
from benchmarks.load import measured, quicker_than
from benchmarks.pytest_runs import as_pytest
from benchmarks.silence import measured as measured_silence
from conformance import Connection, load
from conformance.checks.registry import catalogue
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.probe import PROBES
from conformance.verification.api import verify

LATENCY = 0.1
"""Seconds before each answer of the served virtual tenant."""
RUNS = 5
"""Live runs, in turns with the runs to compare with: a machine's load changes from second to second."""


def critical_path(evidence: dict[str, Evidence]) -> int:
    """Return the length of the longest chain of dependent requests among the probes that were asked."""

    def depth(name: str) -> int:
        needs = [need for need in PROBES[name].needs if need in evidence]
        if name.startswith("token_"):
            needs.append("discovery")
        elif name != "discovery":
            needs.append("token_arm")
        return 1 + max((depth(need) for need in needs), default=0)

    return max(depth(name) for name in evidence)


@contextmanager
def serve() -> Iterator[tuple[Connection, Path]]:
    """Yield a connection to the virtual tenant, which a separate process serves, and its request log. The environment
    of this process is set so that it reaches the server.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "requests.jsonl"
        command = [sys.executable, "-m", "conformance.fakes", "serve", f"--latency={LATENCY}"]
        server = subprocess.Popen(  # noqa: S603
            [*command, f"--log={log}", f"--folder={folder}"], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        before = dict(os.environ)
        try:
            for line in server.stdout:
                if not line.startswith("export "):
                    break
                variable, _, value = shlex.split(line)[1].partition("=")
                os.environ[variable] = value
            (connection,) = load(folder / "conn.toml")
            yield connection, log
        finally:
            os.environ.clear()
            os.environ.update(before)
            server.terminate()
            server.wait()
            server.stdout.close()


def over_sockets(quick: bool) -> list[Figure]:
    """Return the figures of live runs against the served virtual tenant, with each answer delayed by 100 ms."""
    with serve() as (connection, log):
        reports = []

        def live() -> float:
            report = verify(connection)
            assert report.ok, report.verdict.summary
            reports.append(report)
            return report.duration

        in_turns = [(live(), verify(connection, source=Unbounded()).duration) for _ in range(RUNS)]
        wall, unbounded = map(min, zip(*in_turns, strict=True))
        serial = verify(connection, source=OneByOne()).duration
        counting = Counting()
        assert verify(connection, source=counting).ok
        arrived = len(log.read_text().splitlines()) / (2 * RUNS + 2)
    evidence = dict(reports[0].gathered.evidence)
    questions = sum(isinstance(answer, Answer | Refusal) for answer in evidence.values())
    return [
        Figure(
            "live run / critical path of dependent requests", wall / (critical_path(evidence) * LATENCY), "1.5 or less"
        ),
        Figure("the same probes one after the other / live run", serial / wall, "the more the better"),
        Figure("requests that arrived / questions that were asked", arrived / questions, "1.0"),
        Figure("sockets of a connection at most", counting.most, "the fewer the better"),
        Figure("live run / the same with sockets unbounded", wall / unbounded, "1.1 or less"),
    ]


def with_silence(quick: bool) -> list[Figure]:
    """Return the figures of runs on the virtual tenant in this process, with one host silent at a time."""
    (connection,) = load(DEMO, credentials=False)
    seconds = asyncio.run(measured_silence(connection))
    return [
        Figure(f"seconds to the verdict while {host} is silent", seconds_taken, "20 or less")
        for host, seconds_taken in seconds.items()
    ]


def under_load(quick: bool) -> list[Figure]:
    """Return the figures of the served virtual tenant, compared with a bare application on the same server."""
    load = measured(10_000 if quick else 100_000)
    return [
        Figure("requests per second over 300 kept connections", load.tenant, "1000 or more"),
        Figure(
            "a bare application on the same server / the virtual tenant", load.bare / load.tenant, "the less the better"
        ),
        Figure("memory after all requests / after the first tenth", load.growth, "1.1 or less"),
    ]


BEFORE = "0cb4ef3"
"""The commit that the served tenant is compared with."""


def beside_an_older(quick: bool) -> list[Figure]:
    """Return the figures of the served virtual tenant, compared with an older commit; none if git does not know the
    commit.
    """
    try:
        ratio = quicker_than(BEFORE, 5_000 if quick else 20_000)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Figure(f"requests per second of processor time / those of commit {BEFORE}", ratio, "1.3 or more")]


def queries(quick: bool) -> list[Figure]:
    """Return the figures of foreign KQL queries (not the suite's own) on the virtual tenant."""
    first, later = kql.measured(40 if quick else 400)
    return [
        Figure("foreign queries per second", 1 / later, "10 or more"),
        Figure("seconds of the first foreign query, with the engine's start", first, "1 or less"),
    ]


def alive(quick: bool) -> list[Figure]:
    """Return the figures of healthy virtual tenants that change during the verification."""
    runs = 50 if quick else 1000
    return [Figure(f"of {runs} living healthy tenants, those without a false word", living.share(runs), "1.0")]


def main() -> None:
    """Measure, print the table, and with ``--write`` write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--write", type=Path, help="write the table into this page, between its markers")
    options = parser.parse_args()
    catalogue()
    text = table(
        [
            *over_sockets(options.quick),
            *with_silence(options.quick),
            *under_load(options.quick),
            *beside_an_older(options.quick),
            *queries(options.quick),
            *as_pytest(options.quick),
            *alive(options.quick),
        ]
    )
    print(text)
    if options.write:
        write(options.write, "measured", text)


if __name__ == "__main__":
    main()
