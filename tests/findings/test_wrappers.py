"""A client's text around an answer never changes its meaning."""

from __future__ import annotations

import json
from functools import cache

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.fakes import FAULTS, build
from conformance.fakes.services.routes import Call
from conformance.findings import Finding, explain
from tests.contoso import START, made_up
from tests.findings.wrappers import SILENT, WRAPPERS, Exchange, redirect

URLS = {
    "entra": "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
    "arm": "https://management.azure.com/subscriptions/5b5c0000-0c0f-4c0f-a11c-000000000003?api-version=2022-12-01",
    "sentinel": "https://management.azure.com/subscriptions/s/providers/Microsoft.SecurityInsights/incidents",
    "log_analytics": "https://api.loganalytics.io/v1/workspaces/5b5c0000-0c0f-4c0f-a11c-000000000004/query",
    "graph": "https://graph.microsoft.com/v1.0/security/alerts_v2",
    "defender": "https://api.securitycenter.microsoft.com/api/machines",
}
# The numbers of Entra are handled alike: a few of them are enough.
NUMBERS = {"entra/AADSTS7000222", "entra/AADSTS53003", "entra/AADSTS50034", "entra/AADSTS900432", "entra/AADSTS1002016"}


@cache
def exchanges() -> dict[str, Exchange]:
    """Return refusals of the virtual tenant that are error documents with a code of their own, by the fault's name.

    All certain ones are included, and every eleventh of the others.
    """
    call = Call(build(made_up(), start=START).tenant, httpx.Request("GET", "https://service.example/path"), None, {})
    exchanges: dict[str, Exchange] = {}
    for at, fault in enumerate(FAULTS.values()):
        usable = fault.formed and fault.api in URLS and fault.status >= 400
        if not usable or (fault.numbered and fault.name not in NUMBERS):
            continue
        answer = fault.answer(call)
        value = answer.json()
        error = value["error"]
        code = error if isinstance(error, str) else str(error.get("code", ""))
        message = str(value.get("error_description", "")) if isinstance(error, str) else str(error.get("message", ""))
        sure = explain(answer.text, status=fault.status, service=fault.api).certainty == "certain"
        if code and message and (sure or at % 11 == 0):
            exchanges[fault.name] = Exchange(URLS[fault.api or ""], fault.status, answer.text, code, message)
    return exchanges


@cache
def plain(name: str) -> Finding:
    exchange = exchanges()[name]
    return explain(exchange.body, status=exchange.status, service=FAULTS[name].api)


def certain() -> list[str]:
    return [name for name in exchanges() if plain(name).certainty == "certain"]


def test_the_corpus_is_large_enough() -> None:
    assert len(WRAPPERS) >= 25
    assert len(WRAPPERS) * len(exchanges()) >= 300


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_wrapped_answer_is_recognised(wrapper: str, subtests: pytest.Subtests) -> None:
    """If the text names the host, the bare answer allows the same cause; a certain cause stays."""
    for name, exchange in exchanges().items():
        with subtests.test(name):
            bare, service = plain(name), FAULTS[name].api
            meaning = explain(WRAPPERS[wrapper](exchange), service=service if wrapper in SILENT else None)
            assert meaning.cause == bare.cause if name in certain() else meaning.cause in (bare.cause, *bare.also)
            if wrapper in SILENT:
                assert explain(WRAPPERS[wrapper](exchange)).cause not in ("unknown", "answer_hidden")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_wrapping_twice_never_changes_a_certain_cause(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(certain()))
    exchange = exchanges()[name]
    inner = WRAPPERS[data.draw(st.sampled_from(["requests_with_body", "python_bytes", "wazuh", "autorest_go"]))](
        exchange
    )
    record = json.dumps({data.draw(st.sampled_from(["message", "log", "stack", "error_message", "output"])): inner})
    assert explain(record).cause == plain(name).cause


# Joined single characters: for whole texts, hypothesis would try words of our own source, and those are codes.
GARBAGE = st.lists(st.characters(categories=["L", "N", "P", "Z", "S"]), max_size=300).map("".join)


@settings(max_examples=200, deadline=None)
@given(GARBAGE)
def test_garbage_has_no_cause(text: str) -> None:
    assume(not text.strip().isalnum())  # a number may be a status, and a word a code
    assert explain(text).cause in ("unknown", "answer_hidden")


PROSE = """the app failed error token access denied when we ran it again with a new key and firewall license expired
policy scope Error Exception Warning InteractionRequired ServiceError AccessDenied Conflict nil null 17 in at"""
WORDS = st.sampled_from(tuple(PROSE.split()))


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_prose_alone_is_never_certain(text: str) -> None:
    assert explain(text).certainty == "likely"


def test_an_error_in_the_address_line_of_a_browser_is_explained() -> None:
    assert explain(redirect("invalid_client", "AADSTS7000222: The keys are expired.")).cause == "secret_expired"
