"""The cost of a hostile service: memory and time of a run with answers that are made to be expensive.

`python -m benchmarks.hostile` prints a line for each kind of answer. Its exit code is 1 if a run took 300 MB or more,
or exceeded its deadline by more than ten seconds.
"""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from itertools import islice, repeat

import httpx

from conformance import Connection, verify
from conformance.fakes import build
from conformance.fakes.network.client_files import made_up_connection
from conformance.probing.transport import Patience
from conformance.sources.base import Channel

LARGEST_MB, DEADLINE, LATE = 300, 20.0, 10.0
PIECE = 64 * 1024


def endless(text: bytes) -> Iterator[bytes]:
    """Yield pieces of about ``PIECE`` bytes of a repeated text without end."""
    return repeat(text * (PIECE // len(text)))


@cache
def bomb(layers: int) -> bytes:
    """Return 64 MB of blanks, compressed ``layers`` times."""
    content = b" " * (64 << 20)
    for _ in range(layers):
        content = gzip.compress(content)
    return content


ANSWERS: Mapping[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "blanks without end": ("", lambda: endless(b" ")),
    "objects without end": ("", lambda: iter([b'{"value":[', *islice(endless(b"{},"), 400), b"{}]}"])),
    "numbers": ("", lambda: iter([b'{"value":[', *islice(endless(b"1.5,"), 400), b"1]}"])),
    "one long text": ("", lambda: iter([b'{"error":{"code":"', *islice(endless(b"x"), 450), b'"}}'])),
    "many members": ("", lambda: iter([b"{", *islice(endless(b'"a":[],'), 400), b'"value":[]}'])),
    "gzip": ("gzip", lambda: iter([bomb(1)])),
    "gzip twice": ("gzip, gzip", lambda: iter([bomb(2)])),
    "gzip three times": ("gzip, gzip, gzip", lambda: iter([bomb(3)])),
    "nesting": ("", lambda: islice(endless(b"["), 256)),
}


class Hostile:
    """The virtual tenant, which answers discovery and token requests as usual and everything else with one kind of
    hostile answer.
    """

    name = "fake:hostile"

    def __init__(self, kind: str, status: int) -> None:
        self._encoding, self._parts = ANSWERS[kind]
        self._status = status

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection)

        async def handler(request: httpx.Request) -> httpx.Response:
            if request.url.host.startswith("login."):
                return await world.handler(request)
            headers = {"content-type": "application/json", "content-encoding": self._encoding}

            async def parts() -> AsyncIterator[bytes]:
                for part in self._parts():
                    yield part

            return httpx.Response(self._status, headers=headers, content=parts())

        yield Channel(httpx.MockTransport(handler), world.clock, connection)


def measure(kind: str, status: int) -> None:
    """Verify once; print megabytes and seconds."""
    began = time.monotonic()
    report = verify(made_up_connection(), source=Hostile(kind, status), patience=Patience(deadline=DEADLINE))
    report.json()
    took = time.monotonic() - began
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, f"{took:.1f}", report.verdict.status)


def main() -> int:
    """Measure each kind of answer in a separate process, as a success and as a refusal; return the exit code."""
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
        return 0
    bad = False
    for kind in ANSWERS:
        for status in (200, 403):
            command = [sys.executable, "-m", "benchmarks.hostile", kind, str(status)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            memory, seconds, verdict = run.stdout.split() if run.returncode == 0 else ("0", "0", run.stderr[-300:])
            over = run.returncode != 0 or int(memory) >= LARGEST_MB or float(seconds) > DEADLINE + LATE
            bad |= over
            print(f"{kind:<22} {status}  {memory:>5} MB  {seconds:>6} s  {verdict}{'  TOO MUCH' if over else ''}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
