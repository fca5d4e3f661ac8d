"""`make bench`: each figure is a ratio of two things measured in the same run, with its aim.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import httpx

from benchmarks import kql, living
from benchmarks.load import measured, quicker_than
from benchmarks.silence import measured as measured_silence
from benchmarks.turns import Cost, Ratio, cost, in_turns
from conformance import Connection, load
from conformance.checks.registry import catalogue
from conformance.probing import transport
from conformance.probing.clock import Clock
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.probe import PROBES
from conformance.sources.base import Channel
from conformance.sources.live import ConnectionPool, Live
from conformance.verification.api import verify
from conformance.verification.pipeline import select_checks

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo.toml"
SECRET = {"SENTINEL_DEMO_SECRET": "made-up-for-the-benchmark"}
LATENCY = 0.1
"""Seconds before each answer of the served virtual tenant."""
RUNS = 5
"""Live runs, in turns with what they are compared with: a machine's load changes from second to second."""


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    aim: str
    spread: str = ""
    """The value with the least and the largest of its rounds, where it was measured in turns."""


@dataclass(frozen=True)
class OneByOne:
    """The live source with one request in flight at a time: the same probes, one after the other."""

    name: str = "serial"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        async with Live().open(connection) as channel:
            yield replace(channel, transport=_Lock(channel.transport))


@dataclass
class Unbounded:
    """The live source as it was without bounds: 8 requests in flight to Log Analytics, 24 to each other host."""

    name: str = "unbounded"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        bounded = transport.CONCURRENCY
        transport.CONCURRENCY = {**dict.fromkeys(bounded, 24), "log_analytics": 8}
        try:
            async with ConnectionPool().reserve(1000) as sockets:
                yield Channel(sockets, Clock(), connection, sockets=1000)
        finally:
            transport.CONCURRENCY = bounded


@dataclass
class Counting:
    """The live source, which counts the requests that are in flight at the same time: each has a socket."""

    most: int = 0
    name: str = "counting"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        async with Live().open(connection) as channel:
            yield replace(channel, transport=_Counting(channel.transport, self))


class _Counting(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, counts: Counting) -> None:
        self._transport, self._counts, self._now = transport, counts, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._now += 1
        self._counts.most = max(self._counts.most, self._now)
        try:
            response = await self._transport.handle_async_request(request)
            await response.aread()
            return response
        finally:
            self._now -= 1


class _Lock(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport, self._lock = transport, asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._lock:
            response = await self._transport.handle_async_request(request)
            await response.aread()
            return response


def best(times: int, run: Callable[[], float]) -> float:
    """The quickest of several runs: what the machine can do when nothing else disturbs it."""
    return min(run() for _ in range(times))


def critical_path(evidence: dict[str, Evidence]) -> int:
    """The longest chain of dependent requests among the probes that were put."""

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
    """The virtual tenant, served by a process of its own; this process is set up to reach it. With its request log."""
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
    """Live runs against the served virtual tenant, every answer 100 ms late."""
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
    """The virtual tenant in this process, of which one host after the other is silent."""
    (connection,) = load(DEMO, credentials=False)
    seconds = asyncio.run(measured_silence(connection))
    return [
        Figure(f"seconds to the verdict while {host} is silent", seconds_taken, "20 or less")
        for host, seconds_taken in seconds.items()
    ]


def pytest_cost(arguments: Sequence[str], folder: Path, **environment: str) -> Cost:
    """A whole pytest process."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return cost(command, folder, {**inherited, **SECRET, **environment})


STARTED = """
import os

def pytest_runtestloop(session):
    if not session.config.option.sentinel_config:
        os._exit(0)

def pytest_collection(session):
    if session.config.option.sentinel_config:
        from conformance.probing.guard import Guard

        async def handle(*_):
            os._exit(0)

        Guard.handle_async_request = handle
"""
"""A plugin that ends a process where its first request would leave; without a connection, where its first test runs."""


def first_request(folder: Path, times: int) -> Ratio:
    """A live run up to its first request, by a pytest process with the plugin inert up to its first test, in turns."""
    (folder / "started.py").write_text(STARTED)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))

    def start(*arguments: str) -> Cost:
        return pytest_cost(["-p", "started", *arguments], folder, PYTHONPATH=path)

    return Ratio.of_costs(*in_turns(times, lambda: start(f"--sentinel-config={DEMO}"), lambda: start("test_one.py")))


def under_load(quick: bool) -> list[Figure]:
    """The served virtual tenant, beside a bare application on the same server."""
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
    """The served virtual tenant, beside that of an older commit; nothing where git does not know the commit."""
    try:
        ratio = quicker_than(BEFORE, 5_000 if quick else 20_000)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Figure(f"requests per second of processor time / those of commit {BEFORE}", ratio, "1.3 or more")]


def queries(quick: bool) -> list[Figure]:
    """KQL that is not the suite's own, on the virtual tenant."""
    first, later = kql.measured(40 if quick else 400)
    return [
        Figure("foreign queries per second", 1 / later, "10 or more"),
        Figure("seconds of the first foreign query, with the engine's start", first, "1 or less"),
    ]


def as_pytest(quick: bool) -> list[Figure]:
    """Whole pytest processes: a verification on the virtual tenant, no-op tests, and the plugin doing nothing."""
    times, checks = 2 if quick else 10, len(select_checks())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(
            f"import pytest\n\n@pytest.mark.parametrize('n', range({checks}))\ndef test_nothing(n):\n    pass\n"
        )
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        verify = [f"--sentinel-config={DEMO}", "--sentinel-source=fake"]
        reported = [*verify, f"--sentinel-report={folder / 'reports'}"]

        def ratio(above: Sequence[str], below: Sequence[str], **environment: str) -> Ratio:
            return Ratio.of_costs(
                *in_turns(
                    times,
                    lambda: pytest_cost(above, folder, **environment),
                    lambda: pytest_cost(below, folder, **environment),
                )
            )

        run = ratio(verify, ["test_nothing.py"])
        unwritten = ratio(verify, ["test_nothing.py"], PYTHONDONTWRITEBYTECODE="1")
        reports = ratio(reported, verify)
        first = first_request(folder, times)
        inert = ratio(["test_one.py"], ["-p", "no:conformance.plugin", "test_one.py"])
        plain = dict(os.environ)
        explained, nothing = in_turns(
            times,
            lambda: cost([sys.executable, "-m", "conformance.findings", "AADSTS7000222"], folder, plain),
            lambda: cost([sys.executable, "-c", "pass"], folder, plain),
        )
        more = median(cost.cpu - other.cpu for cost, other in zip(explained, nothing, strict=True))
    return [
        Figure(f"run on the virtual tenant / {checks} no-op tests", run.value, "1.4 or less", str(run)),
        Figure("the same where no bytecode is written", unwritten.value, "1.5 or less", str(unwritten)),
        Figure("run that writes all its reports / run that writes none", reports.value, "less than 1.15", str(reports)),
        Figure(
            "start to the first request, live / start to the first test with the plugin inert",
            first.value,
            "1.2 or less",
            str(first),
        ),
        Figure("start-up with the plugin inert / without it", inert.value, "1.05 or less", str(inert)),
        Figure(
            "seconds of the processor for `python -m conformance.findings` beyond `python -c pass`",
            more,
            "less than 0.5",
        ),
    ]


def alive(quick: bool) -> list[Figure]:
    """Healthy virtual tenants that live while they are asked."""
    runs = 50 if quick else 1000
    return [Figure(f"of {runs} living healthy tenants, those without a false word", living.share(runs), "1.0")]


def table(figures: list[Figure]) -> str:
    rows = [f"| {figure.name} | {figure.spread or format(figure.value, '.2f')} | {figure.aim} |" for figure in figures]
    return "\n".join(["| ratio | measured | aim |", "|---|---|---|", *rows])


def write(page: Path, mark: str, section: str) -> None:
    """Puts what was measured between the page's markers of this name."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(f"<!-- {mark} -->\n")
    tail = rest.partition(f"<!-- /{mark} -->")[2]
    page.write_text(f"{head}<!-- {mark} -->\n{section}\n<!-- /{mark} -->{tail}", encoding="utf-8")


def main() -> None:
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
