"""`python -m conformance.recording scan cassettes/`: nothing of a real tenant may be committed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.connection import ConnectionFileError, load
from conformance.recording.leaks.scan import ScanError, known_values, leaks, read
from conformance.redaction import clean, say
from conformance.verification.verdict import ExitCode


def scan(options: argparse.Namespace) -> int:
    """Print each leak on a line. Return exit code 1 if there is a leak, and 4 if a file cannot be scanned."""
    try:
        connections = load(options.connection) if options.connection else []
        texts = read(options.paths)
        leaks_found = leaks(
            texts, own_values=[value for connection in connections for value in known_values(connection)]
        )
    except (ConnectionFileError, ScanError, ImportError) as error:
        say(f"ERROR: {clean(str(error))}", error=True)
        return ExitCode.USAGE
    for leak in leaks_found:
        say(clean(str(leak)))
    say(f"{len(leaks_found) or 'no'} leaks in {len(texts)} files")
    return ExitCode.NONCONFORMANT if leaks_found else ExitCode.CONFORMANT


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance.recording", description=__doc__)
    commands = parser.add_subparsers(required=True)
    scanning = commands.add_parser("scan", help="look for anything of a real tenant in recordings (exit code 1: found)")
    scanning.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with all in them")
    scanning.add_argument(
        "--connection", action="append", metavar="FILE", help="a connection file whose values are looked for, too"
    )
    scanning.set_defaults(run=scan)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
