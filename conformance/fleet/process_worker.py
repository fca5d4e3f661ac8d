"""A worker process of this machine, and its messages to the command that started it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

from conformance.connection import ConnectionFileError, load
from conformance.fleet.task import ConnectionRef, VerifySpec, verify_places
from conformance.probing.shortage import shortage
from conformance.probing.transport import SOCKETS
from conformance.sources.permits import socket_permits

MACHINE_SOCKETS = 8192
"""Sockets of all processes together: half of the ports of macOS and Windows for them (49152 to 65535, RFC 6335).
Behind a proxy all of them go to the same address.
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has read its files; ``problems`` are their errors for the user, one line each."""

    problems: str


@dataclass(frozen=True, slots=True)
class Next:
    """The worker has room for another connection."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The worker has ended; if it has not finished everything, ``text`` is the reason, one line for the user."""

    text: str = ""
    worker_died: bool = False
    """True if the whole run has to end, because this machine lacks a resource."""


def work(pipe: Pipe, files: Sequence[str], processes: int) -> None:
    """Read the files, and verify the connections from the pipe until no more arrive. The ``processes`` share the
    sockets of this machine.

    It sends Ready and receives a :class:`VerifySpec`. For each :class:`Next` that it sends, it receives the places of
    some connections; for each finished connection it sends a :class:`~conformance.fleet.task.Result`, and at the end
    Stopped. No message contains a secret.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):  # the command has ended
        pipe.send(Ready(_problems(files)))
        spec = pipe.recv()
        socket_permits().bound(max(SOCKETS, MACHINE_SOCKETS // processes))
        pipe.send(asyncio.run(_verify(pipe, spec)))


def _problems(files: Sequence[str]) -> str:
    try:
        if files:
            load(files)
    except ConnectionFileError as error:
        return str(error)
    return ""


async def _verify(pipe: Pipe, spec: VerifySpec) -> Stopped:
    try:
        async for result in verify_places(_units(pipe), spec):
            try:
                pipe.send(result)
            except OSError:  # the command has ended: the rest is not needed
                os._exit(1)
    except Exception as error:  # the error's message and values are not sent
        shortage_error = shortage(error)
        return Stopped(
            str(shortage_error or f"an error of this suite: {type(error).__name__}"),
            worker_died=shortage_error is not None,
        )
    return Stopped()


def _units(pipe: Pipe) -> Iterator[Sequence[ConnectionRef]]:
    while True:
        pipe.send(Next())
        if not (unit := pipe.recv()):
            return
        yield unit
