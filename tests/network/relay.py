"""A TCP relay on loopback that forwards bytes, or resets connections in the middle of an answer."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

CHUNK = 64 * 1024


@contextmanager
def relay(target: int, address: str = "127.0.0.1", port: int = 0, reset_after: int | None = None) -> Iterator[int]:
    """Forward connections to a port of loopback while entered; yield the port on which it listens.

    After ``reset_after`` bytes towards the client, the connection ends with a TCP reset (RST).
    """
    with socket.create_server((address, port), backlog=128) as listening:
        Thread(target=_accept, args=(listening, target, reset_after), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, target: int, reset_after: int | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listening.accept()
            Thread(target=_serve, args=(client, target, reset_after), daemon=True).start()


def _serve(client: socket.socket, target: int, reset_after: int | None) -> None:
    with client, socket.create_connection(("127.0.0.1", target)) as service:
        upward = Thread(target=_pass_on, args=(client, service), daemon=True)
        upward.start()
        if _pass_on(service, client, reset_after):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
            client.shutdown(socket.SHUT_RD)  # ends the wait of the other direction
        upward.join()


def _pass_on(source: socket.socket, sink: socket.socket, most: int | None = None) -> bool:
    """Forward bytes until the source ends, or ``most`` of them; return whether there were more."""
    passed = 0
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data[: None if most is None else most - passed])
            passed += len(data)
            if most is not None and passed > most:
                return True
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    return False
