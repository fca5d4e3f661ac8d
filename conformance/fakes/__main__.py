"""`python -m conformance.fakes serve`: the virtual tenant for any client, in any language."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import shutil
import signal
import sys
from pathlib import Path

from conformance.connection import ClientSecret, Connection
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.server import Server
from conformance.fakes.source import build
from conformance.fakes.story import stable_id
from conformance.fakes.world import World, hosts
from conformance.sources import SourceError
from conformance.verdict import ExitCode

CONNECTION = """\
# The virtual tenant's connection: made up, and of no use anywhere else.
[connection]
name = "virtual"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret = "file:client.secret"
subscription_id = "{subscription_id}"
resource_group = "{resource_group}"
workspace_id = "{workspace_id}"
workspace_name = "{workspace_name}"
"""


def made_up() -> Connection:
    """A connection to nowhere but the virtual tenant, with a fresh secret."""
    return Connection(
        name="virtual",
        tenant_id=stable_id("virtual", "tenant"),
        client_id=stable_id("virtual", "client"),
        client_secret=secrets.token_urlsafe(30),
        subscription_id=stable_id("virtual", "subscription"),
        resource_group="rg-security",
        workspace_id=stable_id("virtual", "workspace"),
        workspace_name="law-security",
    )


def write(world: World, server: Server, folder: Path) -> None:
    """The connection file, its secret and the certificate of the authority."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "client.secret"
    secret.touch(mode=0o600)
    credential = world.connection.credential
    assert isinstance(credential, ClientSecret)
    secret.write_text(credential.secret.reveal(), encoding="utf-8")
    (folder / "conn.toml").write_text(CONNECTION.format_map(world.connection.facts()), encoding="utf-8")
    shutil.copyfile(server.ca_file, folder / "ca.pem")


async def serve(options: argparse.Namespace) -> None:
    """Serves until it is interrupted."""
    world = build(made_up(), options.scenario)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(interrupt, stop.set)
    async with Server(
        world.handler, hosts(), host=options.host, port=options.port, latency=options.latency, log=options.log
    ) as server:
        write(world, server, options.folder)
        certificate = (options.folder / "ca.pem").resolve()
        for name, value in server.environment.items():
            print(f"export {name}={certificate if value == str(server.ca_file) else value}")
        print(f"# {options.scenario}: pytest --sentinel-config={options.folder / 'conn.toml'}", flush=True)
        await stop.wait()


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit code 4 for an unknown scenario, or a place that cannot be listened at or written to."""
    parser = argparse.ArgumentParser(prog="python -m conformance.fakes", description=__doc__)
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve the virtual tenant as an HTTPS proxy on loopback")
    serving.add_argument(
        "--scenario",
        default="healthy",
        help=f"one of {', '.join(SCENARIOS)}, a fault (docs/fakes.md), or several joined by +",
    )
    serving.add_argument("--host", default="127.0.0.1", help="where to listen (loopback by default)")
    serving.add_argument("--port", type=int, default=0, help="any free port by default")
    serving.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    serving.add_argument("--log", type=Path, metavar="FILE", help="write one line of JSON per request")
    serving.add_argument(
        "--folder", type=Path, default=Path("virtual-tenant"), help="for conn.toml, its secret and ca.pem"
    )
    options = parser.parse_args(arguments)
    try:
        asyncio.run(serve(options))
    except (SourceError, OSError, ImportError) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return ExitCode.USAGE
    return ExitCode.CONFORMANT


if __name__ == "__main__":
    sys.exit(main())
