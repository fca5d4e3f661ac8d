"""`sentinel-fakes serve` or `python -m conformance.fakes serve`: the virtual tenant for any client, in any language."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from conformance.fakes import handout
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.served import server_of
from conformance.fakes.server import log_to
from conformance.fakes.stage import Stage
from conformance.sources import SourceError
from conformance.verdict import ExitCode

FOLDER = Path("virtual-tenant")


async def serve(options: argparse.Namespace) -> None:
    """Serves until it is interrupted."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(interrupt, stop.set)
    stage = Stage(handout.made_up(), options.scenario)
    stage.latency, stage.jitter = options.latency, options.jitter
    with log_to(options.log) as log:
        async with server_of(stage, log, host=options.host, port=options.port) as server:
            folder, certificate = options.folder, server.ca_file.read_bytes()
            environment = server.trusting((folder / "ca.pem").resolve())
            stage.publish_to(lambda connection: handout.write(folder, connection, environment, certificate))
            print(handout.exports({**environment, **handout.variables(stage.connection)}), end="")
            print(f"# in another shell:  . {folder / 'environment'}")
            print(f"# {options.scenario}:  pytest --sentinel-config={folder / 'conn.toml'}")
            print("# Ctrl-C ends it", flush=True)
            await stop.wait()


def many_files() -> None:
    """As many connections as this machine lets a process have: each takes three files."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit code 4 for an unknown scenario, or a place that cannot be listened at or written to."""
    parser = argparse.ArgumentParser(prog="sentinel-fakes", description=__doc__)
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
    serving.add_argument("--jitter", type=float, default=0.0, metavar="SECONDS", help="up to this much more, at random")
    serving.add_argument("--log", type=Path, metavar="FILE", help="write one line of JSON per request")
    serving.add_argument(
        "--folder", type=Path, default=FOLDER, help=f"for conn.toml, its secret, ca.pem and environment ({FOLDER})"
    )
    options = parser.parse_args(arguments)
    many_files()
    try:
        with contextlib.suppress(KeyboardInterrupt):  # where the event loop takes no signals
            asyncio.run(serve(options))
    except (SourceError, OSError, ImportError, OverflowError) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return ExitCode.USAGE
    return ExitCode.CONFORMANT


if __name__ == "__main__":
    sys.exit(main())
