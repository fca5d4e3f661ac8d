"""The virtual tenant over real sockets, under the services' real host names.

Clients in any language reach it as their HTTPS proxy (:attr:`Server.environment` is all they need), or dial it directly
over HTTPS and name the service in the Host header.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from ssl import SSLContext
from tempfile import TemporaryDirectory
from types import ModuleType, TracebackType
from typing import Any, cast

from conformance.fakes.network.asgi import Application, Handler, Latency
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.network.tunnel import Serve, Tunnel

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Valid host names of the control. Any other Host header may come from a web page whose name resolves here."""
Log = Callable[[str], None] | str | os.PathLike[str]
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Variables in which OpenSSL and httpx, requests, curl and Node.js look for certificates. Go reads the first."""
EXTRA = {"httptools", "trustme", "uvicorn"}


@dataclass
class Server:
    """A server of ``handler`` under ``hosts``, running inside ``async with``; use :func:`serving` in other code.

    ``host`` and ``port`` are where it listens: loopback and any free port by default. ``latency`` is the
    seconds before each answer, or a function of the request that gives them. ``log`` takes one line of JSON per
    request: a function, or a file that is appended to. ``control`` answers plain HTTP on the same port, to clients on
    this machine; ``obstacle`` gives the failure that keeps clients from a host.

    Raises ImportError if the extra ``server`` is missing, and OSError if the port is taken.
    """

    handler: Handler
    hosts: Collection[str]
    _: KW_ONLY
    host: str = "127.0.0.1"
    port: int = 0
    latency: Latency = 0.0
    log: Log | None = None
    control: Handler | None = None
    obstacle: Callable[[str], Obstacle | None] = lambda host: None
    url: str = field(init=False)
    """The value of HTTPS_PROXY for clients; with https: in place of http: it is the direct address."""
    ca_file: Path = field(init=False)
    """The certificate of the authority that clients must trust. It is deleted with the server."""

    async def __aenter__(self) -> Server:
        network_certificates, https = _extra()
        hosts = frozenset(host.lower() for host in self.hosts)
        async with AsyncExitStack() as stack:
            context, certificate = network_certificates.issue(hosts)
            self.ca_file = Path(stack.enter_context(TemporaryDirectory(prefix="sentinel-fakes-")), "ca.pem")
            self.ca_file.write_bytes(certificate)
            self._application = Application(self.handler, hosts, self.latency, stack.enter_context(log_to(self.log)))

            async def connection_handler(application: Application, context: SSLContext | None) -> Serve:
                service = await stack.enter_async_context(https.Service(application, context))
                return cast("Serve", service.serve)

            tunnel = Tunnel(
                hosts,
                serve=await connection_handler(self._application, context),
                plain=await connection_handler(Application(self.control, LOOPBACK), None) if self.control else None,
                foreign=await connection_handler(self._application, network_certificates.issue(hosts)[0]),
                obstacle=self.obstacle,
            )
            port = await stack.enter_async_context(tunnel.listening(self.host, self.port))
            self.url = f"http://[{self.host}]:{port}" if ":" in self.host else f"http://{self.host}:{port}"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def requests(self) -> int:
        """Return the number of requests received."""
        return self._application.requests

    @property
    def control_url(self) -> str:
        """Return the address of the control, if there is one."""
        return f"{self.url}/control"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that make curl, Python and most other clients use this server, and trust it alone; for
        the control, ``SENTINEL_CONTROL``, and where Azure's SDKs find managed identities.
        """
        return self.trusting(self.ca_file)

    def trusting(self, ca_file: Path) -> dict[str, str]:
        """Return :attr:`environment` with a copy of the authority's certificate."""
        # Lower case too: most clients prefer it, and an inherited one would lead past the server.
        proxy = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.url) | dict.fromkeys(("NO_PROXY", "no_proxy"), "")
        control = {}
        if self.control:
            control = {"SENTINEL_CONTROL": self.control_url, "AZURE_POD_IDENTITY_AUTHORITY_HOST": self.url}
        node = {"NODE_USE_ENV_PROXY": "1"}  # Node reads the variables of the proxy only if this is set
        return proxy | dict.fromkeys(TRUST, str(ca_file)) | node | control


@contextmanager
def run_in_thread(server: Server) -> Iterator[Server]:
    """Run a server in a separate thread, for fixtures and tests of subprocesses.

    Its handler is called in that thread.
    """
    try:
        from anyio.from_thread import start_blocking_portal
    except ModuleNotFoundError as missing:
        raise _missing_package("anyio") from missing

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server):
        yield server


def serving(handler: Handler, hosts: Collection[str], **options: Any) -> AbstractContextManager[Server]:
    """Return a :class:`Server` with these arguments, :func:`entered`."""
    return run_in_thread(Server(handler, hosts, **options))


@contextmanager
def log_to(log: Log | None) -> Iterator[Callable[[str], None] | None]:
    """Yield a function that takes a line of a log: ``log`` itself, or one that appends to the file."""
    if log is None or callable(log):
        yield log
    else:
        with open(log, "a", encoding="utf-8", buffering=1) as file:
            yield lambda line: print(line, file=file)


def _extra() -> tuple[ModuleType, ModuleType]:
    """Return the two modules that need the extra ``server``."""
    try:
        from conformance.fakes.network import certificates as network_certificates
        from conformance.fakes.network import https
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in EXTRA:
            raise
        raise _missing_package(package) from missing
    return network_certificates, https


def _missing_package(package: str) -> ImportError:
    return ImportError(f"the server needs {package}: pip install 'sentinel-conformance[server]'", name=package)
