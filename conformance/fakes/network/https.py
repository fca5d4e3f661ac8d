"""HTTP/1.1, over TLS or plain, by uvicorn, on sockets that are handed over one at a time."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
from types import TracebackType
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from conformance.fakes.clients import Client
from conformance.fakes.network.asgi import Application

HANDSHAKE = 30.0
KEEP_ALIVE = 65
"""Seconds for a TLS handshake, and between two requests on one connection."""

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n"
"""First bytes of a client that expects HTTP/2 (RFC 9113 section 3.4)."""
_HTTP_1_1_REQUIRED = 0xD
_SAYS_WHY = b"The virtual tenant serves HTTP/1.1 only."
HTTP2_FAREWELL = (
    struct.pack(">IBI", 0x4, 0, 0)
    + struct.pack(">IBI", (8 + len(_SAYS_WHY)) << 8 | 0x7, 0, 0)
    + struct.pack(">II", 0, _HTTP_1_1_REQUIRED)
    + _SAYS_WHY
)
"""The answer to that: empty SETTINGS, and a GOAWAY by which clients may come back with HTTP/1.1 (RFC 9113 sections
6.5, 6.8 and 7).
"""

# Mistakes of clients are answered, not written to the logs of the embedding process.
_quiet = logging.getLogger("conformance.fakes.uvicorn")
_quiet.setLevel(logging.CRITICAL + 1)


class _Connection(HttpToolsProtocol):
    """uvicorn's protocol without changes to the logging configuration. It can be cut off, and reports its end and an
    idle client.
    """

    def __init__(self, config: Config, state: ServerState, client: Client) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._client = client
        self.logger = _quiet
        self.access_log = False
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state["abort"] = transport.abort  # the application ends it with this, without an answer

    def data_received(self, data: bytes) -> None:
        self._client.request_arrived()
        if data.startswith(HTTP2_PREFACE):
            self.transport.write(HTTP2_FAREWELL)
            self.transport.close()
            return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._client.is_last and self.cycle:
            self.cycle.keep_alive = False  # the answer closes the connection: other clients wait

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._client.answered()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ended.set()


class Service:
    """A server of one application, over TLS if it has a ``context``.

    As an async context manager: on leaving, pending answers are cancelled.
    """

    def __init__(self, application: Application, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._state = ServerState()
        self._config = Config(
            cast("Any", application),
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            date_header=False,  # the virtual tenant has its own clock
            log_config=None,
            log_level=None,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self._config.load()

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        due = list(self._state.tasks)
        for task in due:
            task.cancel()
        await asyncio.gather(*due, return_exceptions=True)

    async def serve(self, sock: socket.socket, client: Client) -> None:
        """Serve the ``client`` at the other end of ``sock`` until either hangs up. Raises OSError if TLS fails."""
        transport, connection = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: _Connection(self._config, self._state, client),
            sock,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE if self._context else None,
        )
        try:
            await connection.ended.wait()
        finally:
            transport.abort()
            await connection.ended.wait()
