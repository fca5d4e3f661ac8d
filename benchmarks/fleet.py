"""`make bench-fleet`: the cost of many connections, on a served fleet of virtual tenants.

`python -m benchmarks.fleet [--quick] [--write PAGE] [--sizes 1,10,100] [--accept 1000] [--clients PYTHON]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import distributed

from benchmarks.figures import ROOT, write
from benchmarks.part import Measurement
from benchmarks.turns import Cost, Ratio, cost, in_turns
from conformance.fleet.__main__ import run_parser
from conformance.fleet.cluster import Cluster
from conformance.fleet.plan import Plan, plan
from conformance.results.journal import Journal
from conformance.run_options import RunOptions

JOBS = 32
LATENCY = 0.05
THREADS = 4
"""The number of threads of a Dask worker in docs/fleet.md."""
CLIENTS = ROOT / ".venv-clients" / "bin" / "python"
SDK_CONNECTIONS = 3
ROUNDS = 3
"""Runs of a fleet and of the bare loop, in turns."""
FEW_FILES = 256
"""The limit of open files that macOS comes with."""
Rows = list[tuple[str, str, str]]
"""Rows of a table: the measurement, its figure, its aim."""


@dataclass(frozen=True)
class ServedFleet:
    """A served fleet: its folder, and the environment variables with which a process reaches it."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str, python: str | Path = sys.executable) -> str:
        """Run a command in the fleet's environment and return its standard output. Raises CalledProcessError."""
        process = subprocess.run(  # noqa: S603
            [python, *command], env=dict(self.environment), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        return process.stdout

    def part(self, count: int, *rest: str) -> Measurement:
        """Return the cost of verifying the first ``count`` connections in a separate process."""
        output = self.run("-m", "benchmarks.part", str(self.folder), str(count), str(JOBS), *rest)
        return Measurement(**json.loads(output))


def limit_to(files: int | None) -> Callable[[], None] | None:
    """Return a function that limits the open files of a new process, or None for no limit."""
    return partial(resource.setrlimit, resource.RLIMIT_NOFILE, (files, files)) if files else None


@contextmanager
def serve_fleet(tenants: int, *options: str, files: int | None = None) -> Iterator[ServedFleet]:
    """Yield a fleet that is served by a separate process, which may open at most this many ``files``."""
    with tempfile.TemporaryDirectory() as name:
        command = ["-m", "conformance.fakes", "serve", f"--tenants={tenants}", f"--latency={LATENCY}", *options]
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, *command, f"--folder={name}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            preexec_fn=limit_to(files),
        )
        assert server.stdout is not None
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        try:
            for line in server.stdout:
                if line.startswith("export "):
                    variable, _, value = shlex.split(line)[1].partition("=")
                    environment[variable] = value
                if "Ctrl-C" in line:
                    break
            yield ServedFleet(Path(name), environment)
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()


def growth(sizes: Sequence[int]) -> Rows:
    """Return connections per second by the size of the fleet, compared with a bare loop, and the memory of each
    connection.
    """
    with serve_fleet(max(sizes)) as fleet:
        costs = {size: fleet.part(size) for size in sizes}
        pairs = [(fleet.part(sizes[-2]), fleet.part(sizes[-2], "--bare")) for _ in range(ROUNDS)]
    rows = [(f"connections per second, {size} tenants", f"{size / cost.wall:.2f}", "") for size, cost in costs.items()]
    small, large = (costs[size] for size in sizes[-2:])
    more = sizes[-1] - sizes[-2]
    rows += [
        (
            "requests per second / a bare httpx loop",
            str(
                Ratio.of(
                    [ours.requests / ours.wall for ours, _ in pairs], [its.requests / its.wall for _, its in pairs]
                )
            ),
            "1.4 or more",
        ),
        (
            "the same, per second of the processor",
            str(
                Ratio.of([ours.requests / ours.cpu for ours, _ in pairs], [its.requests / its.cpu for _, its in pairs])
            ),
            "",
        ),
        ("processor time of a request, in ms", f"{large.cpu / large.requests * 1000:.2f}", ""),
        ("requests of a connection", f"{large.requests / sizes[-1]:.0f}", ""),
        (
            "memory for each further connection, in kB",
            f"{max(0, large.peak - small.peak) / more / 1000:.0f}",
            "15 or less",
        ),
        (
            f"processor time per connection, {sizes[-1]} tenants / {sizes[-2]}",
            f"{large.cpu / sizes[-1] / (small.cpu / sizes[-2]):.2f}",
            "1.0: linear",
        ),
    ]
    return rows


def beside_sdks(python: Path, count: int) -> Rows:
    """Compare with the official SDKs, which read one answer after the other; no rows if they are not installed."""
    if not python.exists():
        print(f"no {python}: `make test-clients` installs the SDKs; this comparison is left out", file=sys.stderr)
        return []
    with serve_fleet(count) as fleet:
        ours = fleet.part(count)
        theirs = json.loads(fleet.run("benchmarks/sdk.py", str(fleet.folder), str(SDK_CONNECTIONS), python=python))
    return [
        (
            "a connection by the official SDKs, one read after the other / by us",
            f"{theirs['seconds'] / (ours.wall / count):.1f}",
            "35 or more",
        ),
        (
            "questions that the SDKs' script answers / requests of ours",
            f"{theirs['answered']:.0f} / {ours.requests // count}",
            "fewer",
        ),
    ]


def by_workers(count: int) -> Rows:
    """Compare one Dask worker with two: alone on the cores, and beside the server of their tenants."""
    with serve_fleet(count) as fleet:
        alone, beside = ([_dask(fleet, workers, source) for workers in (1, 2)] for source in ("fake", "live"))
    return [
        ("two Dask workers / one", f"{alone[0] / alone[1]:.2f}", "1.7 or more"),
        ("the same, beside the tenants' server on the two cores", f"{beside[0] / beside[1]:.2f}", ""),
    ]


def by_processes(count: int, rounds: int) -> Rows:
    """Compare the whole command with one process and with two, in turns; the virtual tenants run in these processes."""
    with serve_fleet(count) as fleet, tempfile.TemporaryDirectory() as name:

        def run(processes: int) -> Cost:
            command = [sys.executable, "-m", "conformance.fleet", str(fleet.folder / "connections"), "--source=fake"]
            more = [f"--jobs={JOBS}", f"--processes={processes}", f"--report={Path(name) / str(processes)}"]
            return cost([*command, *more], fleet.folder, fleet.environment)

        single, double = in_turns(rounds, lambda: run(1), lambda: run(2))
    ratio = Ratio.of([before.wall for before in single], [after.wall for after in double])
    return [(f"two processes / one, without Dask, {count} tenants, whole command", str(ratio), "1.8 or more")]


def _dask(fleet: ServedFleet, workers: int, source: str) -> float:
    """Return the seconds that this many workers take from the first task to the last entry: the shorter of two runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        dask = [sys.executable, "-m", "dask"]
        here = ["--host", "127.0.0.1", "--no-dashboard"]
        commands = [[*dask, "scheduler", *here, "--port", str(port)]]
        commands += [[*dask, "worker", address, *here, "--no-nanny", f"--nthreads={THREADS}"]] * workers
        for command in commands:
            process = subprocess.Popen(command, env=dict(fleet.environment), stderr=subprocess.DEVNULL)  # noqa: S603
            stack.callback(process.wait)
            stack.callback(process.terminate)
        with distributed.Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers)
        options = run_parser().parse_args([str(fleet.folder / "connections"), f"--source={source}", f"--jobs={JOBS}"])
        planned = plan(options.connections, RunOptions.parse(lambda name: getattr(options, name.replace("-", "_"))))
        first = replace(planned, waiting=planned.waiting[: 8 * workers])
        asyncio.run(_verified(first, address))  # after this run the workers have imported everything
        return min(asyncio.run(_verified(planned, address)) for _ in range(2))


async def _verified(planned: Plan, address: str) -> float:
    async with Cluster(address) as cluster:
        began = time.perf_counter()
        entries = [entry async for result in cluster.results(planned.waiting, planned.spec) for entry in result.entries]
        assert len(entries) == len(planned.waiting)
        return time.perf_counter() - began


def accepted(tenants: int, *options: str, files: int | None = None) -> Rows:
    """Run pytest over a fleet with 5 % broken and 1 % hanging connections, and compare every cause with the manifest.

    Its process and the server's may each open at most this many ``files``.
    """
    with serve_fleet(tenants, "--broken=5%", "--hanging=1%", "--jitter=0.01", files=files) as fleet:
        reports = fleet.folder / "reports"
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--sentinel-config={fleet.folder / 'connections'}"]
        began = time.perf_counter()
        run = subprocess.Popen(  # noqa: S603
            [sys.executable, *command, f"--sentinel-jobs={JOBS}", f"--sentinel-report={reports}", *options],
            env=dict(fleet.environment),
            cwd=fleet.folder,
            stdout=subprocess.DEVNULL,
            preexec_fn=limit_to(files),
        )
        usage = os.wait4(run.pid, 0)[2]
        wall = time.perf_counter() - began
        troubled = json.loads((fleet.folder / "manifest.json").read_text())["troubled"]
        causes = {
            entry.name: [root.cause for root in entry.part.root_causes]
            for entry in Journal(reports / "connections.jsonl").entries()
        }
    wrong = [f"{name}: {own}" for name, own in causes.items() if own != troubled.get(name, {"causes": []})["causes"]]
    for line in wrong[:20]:
        print(line, file=sys.stderr)
    what = f"one pytest run, {tenants} tenants, {len(troubled)} of them broken or hanging"
    what += f", at {files} open files" if files else ""
    return [
        (
            f"{what}: connections with exactly the causes of the manifest",
            f"{len(causes) - len(wrong)} of {tenants}",
            "all",
        ),
        (f"{what}: seconds", f"{wall:.0f}", ""),
        (f"{what}: memory at its most, in MB", f"{usage.ru_maxrss / 1000:.0f}", ""),
    ]


def table(rows: Rows) -> str:
    """Return rows as a Markdown table."""
    lines = [f"| {name} | {value} | {aim} |" for name, value, aim in rows]
    return "\n".join(["| | measured | aim |", "|---|---|---|", *lines])


def main() -> None:
    """Measure, print the tables, and with ``--write`` write them into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small fleets")
    parser.add_argument(
        "--sizes", default="1,10,100,1000,5000", help="tenants, with commas between; the last two are compared"
    )
    parser.add_argument("--accept", type=int, default=1000, metavar="N", help="tenants of the run with broken ones")
    parser.add_argument("--clients", type=Path, default=CLIENTS, metavar="PYTHON", help="where the official SDKs are")
    parser.add_argument("--write", type=Path, help="write the table into this page, between its markers")
    options = parser.parse_args()
    sizes = [int(size) for size in ("1,10,40" if options.quick else options.sizes).split(",")]
    parts: list[Callable[[], Rows]] = [
        lambda: growth(sizes),
        lambda: beside_sdks(options.clients, min(100, sizes[-1])),
        lambda: by_workers(min(200, sizes[-1])),
        lambda: by_processes(*((100, 1) if options.quick else (400, 5))),
        lambda: accepted(100, "--sentinel-deadline=20") if options.quick else accepted(options.accept),
        lambda: accepted(20 if options.quick else options.accept, files=FEW_FILES),
    ]
    rows: Rows = []
    for part in parts:
        rows += part()
        print(table(rows[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(rows))
    if options.write:
        write(options.write, "fleet", table(rows))


if __name__ == "__main__":
    main()
