"""``python -m conformance.findings TEXT``: explain an error without starting pytest.

TEXT is as for ``--sentinel-explain``: the text, ``@FILE``, or ``-`` for standard input. Exit codes: 0 if the error was
recognised, 1 if not, 4 if the command line cannot be used.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence

from conformance.errors import UsageError
from conformance.findings.cause import CAUSES, UNKNOWN
from conformance.findings.finding import Finding, finding
from conformance.findings.paste import Paste
from conformance.redaction import say

USAGE = 4
WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        paste = Paste.of(
            options.text,
            service=options.service,
            status=options.status,
            headers=options.headers,
            connection=options.config,
        )
    except UsageError as error:
        message = str(error).replace("--sentinel-explain-", "--").replace("--sentinel-config", "--config")
        say(f"ERROR: {message}", error=True)
        return USAGE
    findings = (finding(options.text, facts=paste.facts),) if options.text in CAUSES else paste.findings()
    say("\n\n".join("\n".join(_lines(explained)) for explained in findings))
    return int(findings[0].cause == UNKNOWN)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m conformance.findings", description="What an error of a connection means.")
    parser.add_argument("text", metavar="TEXT", help="the error as it was pasted, @FILE, or - for standard input")
    parser.add_argument("--service", help="who answered: entra, arm, log_analytics, sentinel, graph, defender")
    parser.add_argument("--status", type=int, help="the HTTP status of the answer")
    parser.add_argument("--headers", help="the headers of the answer, a line each, or @FILE")
    parser.add_argument(
        "--config", action="append", default=[], metavar="FILE", help="the connection file that it is about"
    )
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(USAGE, f"ERROR: {message}\n")


def _lines(explained: Finding) -> Iterator[str]:
    rows = [
        ("cause", f"{explained.cause}: {CAUSES[explained.cause].means}"),
        ("why", explained.explanation),
        ("sure", explained.certainty + (f"; else {', '.join(explained.also)}" if explained.also else "")),
        ("owner", explained.owner),
        ("fix", explained.fix.text),
        *(("run", command) for command in explained.fix.commands),
        *((("portal", explained.fix.portal),) if explained.fix.portal else ()),
        ("docs", explained.docs),
    ]
    yield explained.code or explained.cause
    for label, text in rows:
        if label == "run":
            yield f"{label:<8}{text}"
        else:
            yield from textwrap.wrap(text, WIDTH, initial_indent=f"{label:<8}", subsequent_indent=" " * 8)


if __name__ == "__main__":
    sys.exit(main())
