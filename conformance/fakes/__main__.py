"""`sentinel-fakes serve` or `python -m conformance.fakes serve`: the virtual tenant for any client, in any language."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance._version import __version__
from conformance.command_line import OneScreenParser
from conformance.connection import SecretError
from conformance.errors import UsageError
from conformance.fakes import fleet, identities
from conformance.fakes.controllable import ControllableTenant, delay
from conformance.fakes.identity_provider import AUDIENCE
from conformance.fakes.network import client_files
from conformance.fakes.network.served import server_of
from conformance.fakes.network.server import Server, log_to
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.state import given_tables
from conformance.fakes.world import hosts
from conformance.redaction import clean, say
from conformance.sources.base import SourceError
from conformance.verification.verdict import ExitCode

FOLDER = Path("virtual-tenant")
RARE = (
    "--host",
    "--latency",
    "--jitter",
    "--certificate-password",
    "--issuer",
    "--subject",
    "--audience",
    "--issuer-keys",
)
"""Options that the short help only names."""
RARELY = 50_000
"""Allocated objects between two garbage collections: worlds have many objects, and none of them is garbage."""


async def serve(options: argparse.Namespace) -> None:
    """Serve the tenant until interrupted."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(interrupt, stop.set)
    with log_to(options.log) as log:
        if options.tenants is not None:
            await serve_fleet(options, log, stop)
            return
        stage = ControllableTenant(
            client_files.made_up_connection(),
            options.scenario,
            identities=identities.made_up() + identities_of(options),
        )
        stage.latency, stage.jitter = options.latency, options.jitter
        for name, path in options.table:
            stage.add_table(name, given_tables.read(path))
        gc.set_threshold(RARELY)
        async with server_of(stage, log, host=options.host, port=options.port) as server:
            folder, certificate = options.folder, server.ca_file.read_bytes()
            environment = server.trusting((folder / "ca.pem").resolve())
            stage.publish_to(lambda connection: client_files.write(folder, connection, environment, certificate))
            print(client_files.exports({**environment, **client_files.variables(stage.connection, folder)}), end="")
            print(f"# in another shell:  . {folder / 'environment'}")
            print(f"# {options.scenario}:  pytest --sentinel-config={folder / 'conn.toml'}")
            print("# Ctrl-C ends it", flush=True)
            await stop.wait()


def identities_of(options: argparse.Namespace) -> identities.Identities:
    """Return the credentials that the command line adds to the app's made-up ones."""
    return identities.parse_identities(
        options.certificate,
        options.certificate_password,
        options.issuer,
        options.subject,
        options.audience,
        options.issuer_keys,
    )


async def serve_fleet(options: argparse.Namespace, log: Callable[[str], None] | None, stop: asyncio.Event) -> None:
    """Serve a fleet until it is stopped."""
    tenants = fleet.Fleet(options.tenants, options.broken, options.hanging)
    gc.set_threshold(RARELY)
    async with Server(
        tenants.handler,
        hosts(),
        host=options.host,
        port=options.port,
        latency=lambda request: delay(options.latency, options.jitter),
        log=log,
    ) as server:
        folder = options.folder
        environment = server.trusting((folder / "ca.pem").resolve())
        fleet.write(folder, tenants, environment, server.ca_file.read_bytes())
        print(client_files.exports(environment), end="")
        print(f"# {options.tenants} tenants:  pytest --sentinel-config={folder / 'connections'}")
        print("# Ctrl-C ends it", flush=True)
        await stop.wait()


def share(text: str) -> float:
    """Return a percentage such as ``5%`` as a fraction (0 to 1). Raises ValueError, which argparse reports."""
    number = float(text.removesuffix("%")) / 100
    if not 0 <= number <= 1:
        raise ValueError
    return number


def named_file(text: str) -> tuple[str, Path]:
    """Return a table's name and its file: ``Orders_CL=orders.csv``. Raises ValueError, which argparse reports."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise ValueError
    return name, Path(path)


def many_files() -> None:
    """Raise the limit of open files as far as this machine allows: each connection takes three."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve_parser() -> argparse.ArgumentParser:
    """Return the parser of `serve`."""
    serving = OneScreenParser(
        prog="sentinel-fakes serve",
        description="Serve the virtual tenant to any client, as an HTTPS proxy on loopback.",
        rare=RARE,
    )
    serving.add_argument(
        "--scenario",
        default="healthy",
        help=f"a scenario, a fault (docs/fakes.md), or several joined by +; scenarios: {', '.join(SCENARIOS)}",
    )
    serving.add_argument("--host", default="127.0.0.1", help="where to listen (loopback by default)")
    serving.add_argument("--port", type=int, default=0, help="any free port by default")
    serving.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    serving.add_argument("--jitter", type=float, default=0.0, metavar="SECONDS", help="up to this much more, at random")
    serving.add_argument("--log", type=Path, metavar="FILE", help="write one line of JSON per request")
    serving.add_argument(
        "--folder", type=Path, default=FOLDER, help=f"for conn.toml, its secret, ca.pem and environment ({FOLDER})"
    )
    serving.add_argument(
        "--table",
        action="append",
        type=named_file,
        default=[],
        metavar="NAME=FILE",
        help="a table of the workspace with the rows of a JSON or CSV file; may be repeated",
    )
    own = serving.add_argument_group(
        "identities", "what the app is registered with, beside the made-up credentials in the folder"
    )
    own.add_argument(
        "--certificate", type=Path, metavar="FILE", help="a certificate: PEM, its key is not needed; or PFX"
    )
    own.add_argument("--certificate-password", metavar="TEXT", help="of a PFX file")
    own.add_argument("--issuer", metavar="URL", help="a federated credential: whose tokens are trusted")
    own.add_argument("--subject", metavar="TEXT", help="for whom they have to be")
    own.add_argument("--audience", metavar="TEXT", default=AUDIENCE, help=f"{AUDIENCE} by default")
    own.add_argument(
        "--issuer-keys", type=Path, metavar="FILE", help="the issuer's JSON Web Key Set, to verify them with"
    )
    many = serving.add_argument_group("a fleet", "many tenants, with connections/ and manifest.json in the folder")
    many.add_argument("--tenants", type=int, metavar="N", help="so many tenants in place of one")
    many.add_argument("--broken", type=share, default=0.0, metavar="5%%", help="in 20 scenarios, in turn")
    many.add_argument("--hanging", type=share, default=0.0, metavar="1%%", help="without an answer")
    return serving


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Return 4 for an unknown scenario, or an address or folder that cannot be used; else 0."""
    parser = argparse.ArgumentParser(prog="sentinel-fakes", description=__doc__)
    parser.add_argument("--version", action="version", version=f"sentinel-conformance {__version__}")
    parser_class: Any = lambda **_: serve_parser()  # noqa: E731 - argparse calls it as it would a class
    commands = parser.add_subparsers(required=True, parser_class=parser_class)
    commands.add_parser("serve", help="serve the virtual tenant as an HTTPS proxy on loopback")
    options = parser.parse_args(arguments)
    many_files()
    try:
        if options.tenants is None and (options.broken or options.hanging):
            raise ValueError("--broken and --hanging are shares of the tenants of --tenants")
        with contextlib.suppress(KeyboardInterrupt):  # where the event loop takes no signals
            asyncio.run(serve(options))
    except (SourceError, SecretError, UsageError, ValueError, OSError, ImportError, OverflowError) as error:
        say(f"ERROR: {clean(str(error))}", error=True)
        return ExitCode.USAGE
    return ExitCode.CONFORMANT


if __name__ == "__main__":
    sys.exit(main())
