"""Recordings of a tenant full of canaries contain none; if a rule of the scrubber is missing, the scan finds them."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
import pytest

from conformance.connection import CLOUDS
from conformance.recording import scrub_cassette
from conformance.recording.date_shift import DateShift
from conformance.recording.leaks.scan import known_values, leaks
from conformance.recording.pseudonym_kinds import KINDS, Kind
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.recorder import Recording
from conformance.recording.scrub_cassette import scrub_recording
from conformance.recording.scrubber import Scrubber
from tests.contoso import SECRET
from tests.recording.canaries import (
    CANARIES,
    DECLARED,
    DEFAULT_MIN_QUESTIONS,
    EVERYWHERE,
    HEADERS,
    MIN_QUESTIONS,
    world,
)
from tests.recording.recorded_tenant import Taped, taped

pytestmark = pytest.mark.slow

MARKS = (
    "canary",
    "klara",
    "ca9a1e5c",
    "10.77.13",
    "93.184.216",
    "2a01:4f8",
    "3c-52-82",
    "3c5282",
    "3623811015",
    "4915177",
    "abc8q~",
)
"""Parts of canaries, in lower case; every canary contains one of these."""


@cache
def run(scenario: str = "healthy") -> Taped:
    return taped(world=world(scenario))


@cache
def short_run() -> Taped:
    """Return a run of a tenant whose app can read its own registration, with only as many answers of each service as
    are needed to contain all canaries.
    """
    whole = run("guide-followed")
    count: Counter[str] = Counter()
    interactions = []
    for interaction in whole.tape.interactions:
        host = httpx.URL(interaction.request.url).host
        count[host] += 1
        if count[host] <= MIN_QUESTIONS.get(host, DEFAULT_MIN_QUESTIONS):
            interactions.append(interaction)
    return replace(whole, tape=replace(whole.tape, interactions=interactions))


def traces(text: str, layers: int = 2) -> set[str]:
    """Return the marks in a text: plain, encoded for URLs, and in base64, up to so many layers of it."""
    lower = text.lower() + unquote(text).lower()
    marks = {mark for mark in MARKS if mark in lower}
    for token in BASE64.findall(text) if layers else ():
        for start in range(4):
            part = token[start:].translate(str.maketrans("-_", "+/"))
            content = base64.b64decode(part[: len(part) // 4 * 4])
            for encoding in ("latin-1", "utf-16-le"):
                marks |= traces(content.decode(encoding, "ignore"), layers - 1)
    return marks


BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")


# The tenant


def test_every_canary_has_a_mark() -> None:
    for value in (*CANARIES.values(), *DECLARED.values(), *EVERYWHERE):
        assert traces(value), value


def test_the_answers_of_every_service_contain_every_canary_in_every_form() -> None:
    texts: dict[str, str] = {}
    for interaction in short_run().tape.interactions:
        host = httpx.URL(interaction.request.url).host
        texts[host] = texts.get(host, "") + msgspec.json.encode(interaction.response).decode()
    hosts = {httpx.URL(url).host for url in CLOUDS["public"].hosts.values()}
    assert texts.keys() == hosts
    for host, text in texts.items():
        for form in EVERYWHERE:
            assert msgspec.json.encode(form).decode()[1:-1] in text, (host, form)
        for header in HEADERS.values():
            assert msgspec.json.encode(header).decode()[1:-1] in text


def test_no_check_fails_on_the_tenant_with_canaries() -> None:
    assert {outcome.status for outcome in run().outcomes} <= {"passed", "warning", "not_applicable", "not_configured"}


# Recordings


@pytest.mark.parametrize("scenario", ["healthy", "no-azure-role", "expired-secret", "no-graph-consent"])
def test_no_canary_is_in_any_written_file(scenario: str, tmp_path: Path) -> None:
    """That includes refusals, whose error texts quote canaries."""
    recorded = run(scenario)
    name = recorded.connection.name
    Recording(tmp_path, "all", _tapes={name: recorded.tape}).keep(recorded.connection, recorded.outcomes)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(paths) == 2
    for path in paths:
        assert traces(path.read_text(encoding="utf-8")) == set()


# Without a rule of the scrubber

Off = Callable[[pytest.MonkeyPatch], None]


def without(kind: str) -> Off:
    """Return a patch after which the scrubber does not replace values of a kind."""

    def off(patch: pytest.MonkeyPatch) -> None:
        original = Pseudonyms.of

        def of(self: Pseudonyms, value: str, kind_of_value: Kind) -> str:
            return value if kind_of_value.name == kind else original(self, value, kind_of_value)

        patch.setattr(Pseudonyms, "of", of)

    return off


class Every(dict[str, str]):
    """A table of headers that keeps every header unchanged."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "as it is"


RULES: Mapping[str, Off] = {
    **{kind: without(kind) for kind in KINDS},
    "tokens become unsigned": lambda patch: patch.setattr(Scrubber, "token", lambda self, value: value),
    "addresses of services": lambda patch: patch.setattr(Scrubber, "url", lambda self, value: value),
    "mail addresses": lambda patch: patch.setattr(Scrubber, "mail", lambda self, value: value),
    "hints of secrets": lambda patch: patch.setattr(Scrubber, "hint", lambda self, value: value),
    "error texts and phrases": lambda patch: patch.setattr(Scrubber, "phrase", lambda self, value: value),
    "headers": lambda patch: patch.setattr(scrub_cassette, "HEADERS", Every()),
    "all": lambda patch: patch.setattr(Scrubber, "text", lambda self, value, *_, **__: value),
}
"""Each rule of the scrubber, and a patch that switches it off."""


def files(recorded: Taped) -> dict[str, Any]:
    clean = scrub_recording(recorded.tape.interactions, recorded.connection, DateShift(-3))
    return {
        "interactions.json": msgspec.to_builtins(clean.interactions),
        "connection.json": msgspec.to_builtins(clean.connection),
    }


def surviving(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text that still contains a mark, after its place in the notation of the scan."""
    if isinstance(value, dict):
        for key, item in value.items():
            plain = re.fullmatch(r"[$@A-Za-z_][\w.@$-]*", key) and not traces(key)
            yield from surviving(item, f"{where}.{key if plain else '*'}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from surviving(item, f"{where}[{number}]")
    elif isinstance(value, str) and traces(value):
        yield where, value


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_the_scan_finds_every_remaining_canary(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = short_run()
    RULES[rule](monkeypatch)
    texts = files(recorded)
    findings = leaks({name: json.dumps(content) for name, content in texts.items()})
    missed = []
    for name, content in texts.items():
        places = {re.sub(r"\.(\w+\.)?rows\b", ".rows", leak.where) for leak in findings if leak.file == name}
        for where, text in surviving(content):
            if not any(place.startswith(row(where)) for place in places):
                missed.append((name, where, text[:120]))
    assert missed == []
    assert findings, "the rule is needed"


def row(where: str) -> str:
    """Return the place of a cell's row, because the scan identifies cells of a query by their columns."""
    return re.sub(r"(\.rows\[\d+\])\[\d+\].*", r"\1", where)


def test_without_any_rule_the_values_of_the_connection_are_found() -> None:
    recorded = short_run()
    raw = {"raw.json": msgspec.json.encode(recorded.tape.interactions).decode()}
    findings = leaks(raw, own_values=known_values(recorded.connection))
    assert "known" in {leak.rule for leak in findings}
    assert SECRET not in "\n".join(map(str, findings))
