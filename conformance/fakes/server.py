"""The virtual tenant over real sockets, under the services' real host names.

Clients in any language reach it as their HTTPS proxy (:attr:`Server.environment` is all they need), or dial it directly
over HTTPS and name the service in the Host header.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, TracebackType
from typing import Any

from conformance.fakes.asgi import Application, Handler, Latency
from conformance.fakes.tunnel import Tunnel

Log = Callable[[str], None] | str | os.PathLike[str]
EXTRA = {"httptools", "trustme", "uvicorn"}


@dataclass
class Server:
    """Serves ``handler`` under ``hosts`` while it is entered with ``async with``; :func:`serving` for other code.

    ``host`` and ``port`` are where it listens: loopback and any free port, unless told otherwise. ``latency`` is the
    seconds before each answer, or a function of the request that gives them. ``log`` takes one line of JSON per
    request: a function, or a file that is appended to. Raises ImportError where the extra ``server`` is missing, and
    OSError if the port is taken.
    """

    handler: Handler
    hosts: Collection[str]
    _: KW_ONLY
    host: str = "127.0.0.1"
    port: int = 0
    latency: Latency = 0.0
    log: Log | None = None
    url: str = field(init=False)
    """What clients take as HTTPS_PROXY; with https: in place of http: it is the direct address."""
    ca_file: Path = field(init=False)
    """The certificate of the authority that clients are to trust. It goes with the server."""

    async def __aenter__(self) -> Server:
        authority, https = _extra()
        hosts = frozenset(host.lower() for host in self.hosts)
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="sentinel-fakes-")))
            context, self.ca_file = authority.issue(hosts, folder)
            self._application = Application(self.handler, hosts, self.latency, stack.enter_context(_lines(self.log)))
            service = await stack.enter_async_context(https.Https(self._application, context))
            port = await stack.enter_async_context(Tunnel(hosts, service.serve).listening(self.host, self.port))
            self.url = f"http://[{self.host}]:{port}" if ":" in self.host else f"http://{self.host}:{port}"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def requests(self) -> int:
        """How many requests have arrived."""
        return self._application.requests

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make curl, Python and most other clients use this server, and trust it alone."""
        # Lower case too: most clients prefer it, and an inherited one would lead past the server.
        proxy = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.url) | dict.fromkeys(("NO_PROXY", "no_proxy"), "")
        return proxy | dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(self.ca_file))


@contextmanager
def serving(handler: Handler, hosts: Collection[str], **options: Any) -> Iterator[Server]:
    """A :class:`Server` with these arguments, run in a thread of its own: for fixtures, and tests of subprocesses.

    The handler is called in that thread.
    """
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Server(handler, hosts, **options)) as it:
        yield it


@contextmanager
def _lines(log: Log | None) -> Iterator[Callable[[str], None] | None]:
    if log is None or callable(log):
        yield log
    else:
        with open(log, "a", encoding="utf-8", buffering=1) as file:
            yield lambda line: print(line, file=file)


def _extra() -> tuple[ModuleType, ModuleType]:
    """The two modules that stand on the extra ``server``."""
    try:
        from conformance.fakes import authority, https
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in EXTRA:
            raise
        text = f"the server needs {package}: pip install 'sentinel-conformance[server]'"
        raise ImportError(text, name=package) from missing
    return authority, https
