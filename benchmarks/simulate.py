"""The duration of fleets of any size, simulated from measured costs and the services' published limits.

`python -m benchmarks.simulate [--write docs/scale.md]`. The simulation is not random: the same costs give the same
table.

The limits are those of `conformance/apis/limits.py`, which a verification observes.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import ROOT, write
from conformance.apis.limits import SERVICES, Limit
from conformance.probing.rate_limits import TokenBucket

MEASURED = ROOT / "docs" / "benchmarks.md"
ROUND_TRIPS = 5
"""Dependent requests of a connection, one after the other."""
JOBS = 32


PACED: Mapping[str, Limit] = {service.name: service.limits[0] for service in SERVICES if service.limits}
"""The limit that an account meets first, by service."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one connection: processor seconds, and the number of requests to each API with a simulated limit."""

    cpu: float
    requests: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet of connections. ``together`` is the number of connections that share a principal (an MSSP's workspaces of
    one customer). ``per_address`` is true if Log Analytics counts all requests of an IP address together, which its
    page leaves open.
    """

    connections: int
    processes: int = 1
    round_trip: float = 0.1
    together: int = 1
    hanging: float = 0.0
    per_address: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """The simulated run: its seconds, the share of busy processors (0 to 1), and the seconds that connections waited
    for each API.
    """

    seconds: float
    busy: float
    waited: Mapping[str, float]


def simulate(fleet: Fleet, cost: Cost, silence: float = 60.0) -> Course:
    """Return the simulated run. Connections go to the job that is free first; each process has one processor and
    ``JOBS`` jobs.

    A hanging connection occupies its job for ``silence`` seconds, and no processor.
    """
    free = [(0.0, job) for job in range(fleet.processes * JOBS)]
    heapq.heapify(free)
    processors = [0.0] * fleet.processes
    buckets: dict[tuple[str, int], TokenBucket] = {}
    waited: Counter[str] = Counter()
    every = round(1 / fleet.hanging) if fleet.hanging else 0
    end = 0.0
    for number in range(fleet.connections):
        start, job = heapq.heappop(free)
        process = job % fleet.processes
        processors[process] = max(processors[process], start) + cost.cpu
        ready = max(start + ROUND_TRIPS * fleet.round_trip, processors[process])
        for api, count in cost.requests.items():
            limit, shared = PACED[api], api == "log_analytics" and fleet.per_address
            key = (api, process if shared else number // fleet.together)
            if key not in buckets:  # with a limit by address, no client waits: the service refuses the surplus
                each = limit.requests / limit.seconds
                buckets[key] = TokenBucket(limit.requests, each) if shared else TokenBucket(limit.size, limit.rate)
            wait = buckets[key].take(start, count)
            waited[api] += wait  # type: ignore[assignment]
            ready = max(ready, start + wait)
        if every and number % every == 0:
            ready = max(ready, start + silence)
        heapq.heappush(free, (ready, job))
        end = max(end, ready)
    return Course(end, cost.cpu * fleet.connections / (end * fleet.processes), +waited)


def measured(page: str) -> float:
    """Return the processor seconds of a request, from the page that `make bench-fleet` wrote."""
    match = re.search(r"processor time of a request, in ms \| ([\d.]+)", page)
    if not match:
        raise SystemExit(f"{MEASURED} has no figures: make bench-fleet writes them")
    return float(match[1]) / 1000


def cost() -> Cost:
    """Return the cost of a healthy connection: requests counted on the virtual tenant, processor time as measured."""
    from conformance.fakes.network.client_files import made_up_connection
    from conformance.verification.api import verify_async

    report = asyncio.run(verify_async(made_up_connection(), source="fake"))
    counted = Counter(exchange.endpoint.partition(".")[0] for exchange in report.gathered.exchanges)
    counted["arm"] += counted.pop("sentinel", 0)  # the same host with the same limit
    cpu = measured(MEASURED.read_text(encoding="utf-8")) * report.gathered.requests
    return Cost(cpu, {api: counted[api] for api in PACED})


FLEETS: Mapping[str, Fleet] = {
    "1,000": Fleet(1000),
    "1,000, 1 % hanging": Fleet(1000, hanging=0.01),
    "1,000, ten of each app": Fleet(1000, together=10),
    "10,000": Fleet(10_000, hanging=0.01),
    "10,000 on 4": Fleet(10_000, processes=4, hanging=0.01),
    "100,000 on 8": Fleet(100_000, processes=8, hanging=0.01),
    "100,000 on 32": Fleet(100_000, processes=32, hanging=0.01),
    "100,000 on 32, Log Analytics by address": Fleet(100_000, processes=32, hanging=0.01, per_address=True),
}


def table(of: Cost) -> str:
    """Return the cost of a connection, and a Markdown table of each simulated fleet's run."""
    lines = ["| connections, and processes | minutes | processors busy | waits for |", "|---|---|---|---|"]
    for name, fleet in FLEETS.items():
        course = simulate(fleet, of)
        waits = ", ".join(f"{api} ({seconds / fleet.connections:.1f} s each)" for api, seconds in course.waited.items())
        lines.append(f"| {name} | {course.seconds / 60:.1f} | {course.busy:.0%} | {waits or 'nothing'} |")
    requests = ", ".join(f"{count} of {api}" for api, count in of.requests.items())
    return "\n".join([f"One connection: {of.cpu * 1000:.0f} ms of a processor; requests: {requests}.", "", *lines])


def limits() -> str:
    """Return the services' limits as Markdown."""
    lines = ["| service | limit | counted by | source |", "|---|---|---|---|"]
    for service in SERVICES:
        title = " and ".join(api.title for api in service.apis)
        for limit in service.limits:
            queue = f"; {service.running} at a time, {service.queued} more queue" if service.running else ""
            lines.append(f"| {title} | {limit}{queue} | {limit.counts} | [Microsoft Learn]({limit.source}) |")
        if not service.limits:
            lines.append(f"| {title} | not published | | |")
    return "\n".join(lines)


def main() -> None:
    """Simulate, print the table, and with ``--write`` write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="write the table into this page, between its markers")
    options = parser.parse_args()
    text = table(cost())
    print(text)
    if options.write:
        write(options.write, "limits", limits())
        write(options.write, "simulated", text)


if __name__ == "__main__":
    main()
