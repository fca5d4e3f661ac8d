"""Secrets planted in every place of a service's answers, and all outputs of a run that receives them."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx

from conformance import Connection, verify
from conformance.checks.registry import get_check
from conformance.fakes import build
from conformance.outputs.delivery import Delivery
from conformance.outputs.notify import body
from conformance.outputs.summary import ConnectionsSummary
from conformance.pytest_plugin.cases import Case, Run, describe, properties
from conformance.report.entry import document, entry
from conformance.report.terminal_layout import console
from conformance.results.history import History
from conformance.results.journal import FILE, Journal
from conformance.results.store import RunStore
from conformance.sources.base import Channel
from conformance.verification.pipeline import select_checks
from tests.contoso import START, made_up

CANARY = 'Zk7vPq3n+Xw9t/Rb5y"Lm2d&Hs8f<Gc4j Te6a\\Ju1x'
"""A secret without a recognizable form, with characters that every encoding changes."""
HOSTS = {
    "entra": "login.microsoftonline.com",
    "arm": "management.azure.com",
    "log_analytics": "api.loganalytics.io",
    "graph": "graph.microsoft.com",
    "defender": "api.security.microsoft.com",
}


def encodings(secret: str) -> dict[str, str]:
    """Return the forms of a secret that outputs could contain, by name."""
    raw = secret.encode()
    return {
        "as it is": secret,
        "in a URL": quote(secret, safe=""),
        "in a form": quote_plus(secret),
        "every byte in a URL": "".join(f"%{byte:02X}" for byte in raw),
        "base64": base64.b64encode(raw).decode(),
        "base64 for a URL": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "of basic authentication": base64.b64encode(b"client:" + raw).decode()[12:-4],
        "in JSON": json.dumps(secret)[1:-1],
        "in HTML": html.escape(secret),
        "in hexadecimal digits": raw.hex(),
        "cut": secret[:16],
    }


def canary(number: int) -> str:
    """Return the secret of a number, different for each, with characters that every encoding changes."""
    digits = hashlib.sha256(str(number).encode()).hexdigest()
    parts = [digits[start : start + 6] for start in range(0, 48, 6)]
    return "Z" + "".join(part + sign for part, sign in zip(parts, '+/"&< \\x', strict=True))


@dataclass(frozen=True)
class Pair:
    """A place and a form of a secret, in the answer of this number, counted over all runs against a host."""

    number: int

    @property
    def secret(self) -> str:
        return canary(self.number)

    @property
    def form(self) -> str:
        return list(encodings(self.secret))[self.number % FORMS]

    @property
    def text(self) -> str:
        return encodings(self.secret)[self.form]

    @property
    def place(self) -> str:
        return list(PLACES)[self.number % len(PLACES)]


def error(code: str, message: str, inner: str = "") -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "innererror": {"code": inner}}}).encode()


def ascii_header(text: str) -> str:
    return text.encode("ascii", "ignore").decode().replace("\n", " ").replace("\r", " ").replace("\0", "")


PLACES: Mapping[str, Callable[[str], httpx.Response]] = {
    "message of an error": lambda text: httpx.Response(403, content=error("Denied", text)),
    "code of an error": lambda text: httpx.Response(403, content=error(text, "no")),
    "inner code": lambda text: httpx.Response(400, content=error("BadRequest", "no", text)),
    "page": lambda text: httpx.Response(
        403, headers={"content-type": "text/html"}, content=f"<html>{text}</html>".encode()
    ),
    "text": lambda text: httpx.Response(502, content=text.encode("utf-8", "replace")),
    "request id": lambda text: httpx.Response(
        403, headers=[("x-ms-request-id", ascii_header(text))], content=error("Denied", "no")
    ),
    "other request id": lambda text: httpx.Response(
        404, headers=[("request-id", ascii_header(text))], content=error("NotFound", "no")
    ),
    "challenge": lambda text: httpx.Response(
        401,
        headers=[("www-authenticate", f'Bearer error="{ascii_header(text)}"')],
        content=error("Unauthorized", text),
    ),
    "where to": lambda text: httpx.Response(302, headers=[("location", f"https://x.example/{ascii_header(text)}")]),
    "member of an answer": lambda text: httpx.Response(
        200, headers={"content-type": "application/json"}, content=json.dumps({"value": [{text: text}]}).encode()
    ),
    "wrong shape": lambda text: httpx.Response(200, content=json.dumps({"value": text, text: 1}).encode()),
    "next link": lambda text: httpx.Response(
        200, content=json.dumps({"value": [], "@odata.nextLink": f"https://x.example/{text}"}).encode()
    ),
}
"""The places of a text in an answer: 12 for each of five hosts, so 60 places."""
FORMS = len(encodings(CANARY))
assert gcd(FORMS, len(PLACES)) == 1, "so that counting meets every pair, once each"
PAIRS = [Pair(number) for number in range(FORMS * len(PLACES))]
AREAS = {
    "entra": {"auth"},
    "arm": {"arm", "rbac", "sentinel"},
    "log_analytics": {"log_analytics"},
    "graph": {"graph"},
    "defender": {"defender"},
}
"""The areas of checks that send the most requests to each host."""


@dataclass
class Planted:
    """The virtual tenant with one host whose answers contain the texts, in each place in turn."""

    host: str
    texts: list[str]
    first: int = 0
    name: str = "fake:planted"
    count: int = 0
    """The number of answers that contained a text."""
    used: set[str] = field(default_factory=set)
    passes: tuple[str, ...] = (HOSTS["entra"],)
    """Parts of URLs; requests that contain one of them get the answer of the virtual tenant."""

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, start=START)

        async def handler(request: httpx.Request) -> httpx.Response:
            if request.url.host != self.host or any(part in str(request.url) for part in self.passes):
                return await world.handler(request)
            number = self.first + self.count
            place, make = list(PLACES.items())[number % len(PLACES)]
            text = self.texts[number % len(self.texts)]
            self.count += 1
            self.used.add(place)
            return make(text)

        yield Channel(httpx.MockTransport(handler), world.clock, connection)


def outputs(source: Planted, secret: str = CANARY, areas: Collection[str] = ()) -> dict[str, bytes]:
    """Run the checks of these areas, by default all; return all texts and files that the run writes, by name."""
    connection = made_up(client_secret=secret)
    checks = [check.id for check in select_checks() if check.area in areas] if areas else None
    report = verify(connection, source=source, checks=checks)
    finished = entry(report, connection, "all", alone=True)
    contents: dict[str, bytes] = {
        "report of the library": report.json(),
        "task of a cluster": bytes(finished.connection),
    }
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        history = History(out / "history.sqlite").__enter__()
        keeping = RunStore(Journal(out / FILE), history)
        keeping.start({})
        keeping.add(finished)
        keeping.close()
        end = ConnectionsSummary(document(list(keeping.in_order(str)), 1.0, "all"))
        Delivery(folder=out, languages=("en", "de"), job_summary=out / "job.md").deliver(end)
        contents |= {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
        for verbose in (0, 1, 2):
            screen = io.StringIO()
            end.show(console(screen, width=100, color=False), verbose)
            contents[f"terminal, verbose {verbose}"] = screen.getvalue().encode()
        contents["notification"] = "\n".join(body(end.document)).encode()
    run = Run(connection, 0, source)
    for outcome in report.outcomes:
        case = Case(run, get_check(outcome.check))
        text = describe(case, outcome) + json.dumps([value for _, value in properties(case, outcome)], default=str)
        contents[f"pytest's report of {outcome.check}"] = text.encode()
    return contents


def leaks(contents: Mapping[str, bytes], *secrets: str) -> Iterator[tuple[str, str, str]]:
    """Yield secret, output and form for each secret (by default ``CANARY``) that an output contains."""
    forms = [
        (secret, name, form.lower().encode())
        for secret in secrets or (CANARY,)
        for name, form in encodings(secret).items()
    ]
    for output, content in contents.items():
        small = content.lower()
        joined = b"".join(small.split())  # the text before it was wrapped
        for secret, name, form in forms:
            if form in small or (len(form.split()) == 1 and form in joined):
                yield secret, output, name
