"""Any input gives a cause of the vocabulary, and no secret appears in the result."""

from __future__ import annotations

import shlex
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.findings import CAUSES, Finding, explain, finding
from conformance.findings.catalogue import catalogue

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "message", "innererror", "details", "status", "error_codes", "value", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
SERVICES = st.none() | st.sampled_from(["entra", "arm", "loganalytics", "sentinel", "graph", "defender"]) | st.text()
CODES = sorted({code for entry in catalogue() for code in entry.codes if "*" not in code})
SECRET = "Zx8" + "8Q~" + "canary-canary-canary-canary-12345"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ5ZXMifQ.canarysignature"


def texts_of(meaning: Finding) -> str:
    return repr(meaning)


def sound(meaning: Finding) -> None:
    assert {meaning.cause, *meaning.also} <= set(CAUSES)
    assert meaning.cause not in meaning.also
    assert meaning.explanation
    for line in meaning.fix.commands:
        shlex.split(line)
    texts_of(meaning).encode()


@given(st.binary(max_size=400), st.integers(-5, 1000) | st.none(), st.dictionaries(st.text(), st.text()), SERVICES)
def test_any_bytes_give_a_cause(body: bytes, status: int | None, headers: dict[str, str], service: str | None) -> None:
    sound(explain(body, status=status, headers=headers, service=service))


@given(st.text(), st.integers(100, 599) | st.none(), SERVICES)
def test_any_text_gives_a_cause(body: str, status: int | None, service: str | None) -> None:
    sound(explain(body, status=status, service=service))


@given(JSON, st.integers(100, 599) | st.none(), SERVICES)
def test_any_json_gives_a_cause(body: Any, status: int | None, service: str | None) -> None:
    sound(explain(body, status=status, service=service))


@given(st.sampled_from(CODES), st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_beside_a_code_words_of_another_language_do_not_change_the_cause(code: str, words: str) -> None:
    plain = explain({"error": {"code": code, "message": ""}}, status=400, service="arm")
    translated = explain({"error": {"message": words, "code": code}}, status=400, service="arm")
    assert (plain.cause, plain.certainty, plain.entry) == (translated.cause, translated.certainty, translated.entry)


@given(st.integers(0, 40))
def test_json_cut_after_the_code_keeps_its_cause(cut: int) -> None:
    whole = '{"error":{"code":"InsufficientAccessError","message":"The provided credentials have insufficient access"}}'
    assert explain(whole[: len(whole) - cut], status=403, service="loganalytics").cause == "rbac_role_missing"


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(["tenant_id", "client_id", "resource_group", "scope", "object_id"]), st.text()))
def test_no_value_breaks_out_of_a_command(facts: dict[str, str]) -> None:
    for cause in ("rbac_role_missing", "app_role_missing", "sentinel_not_onboarded", "data_stale"):
        hints = finding(cause).fix.commands
        for filled, hinted in zip(finding(cause, facts=facts).fix.commands, hints, strict=True):
            assert len(shlex.split(filled)) == len(shlex.split(hinted))


def test_no_secret_in_any_finding() -> None:
    bodies = (
        f"client_secret={SECRET}&scope=x",
        f"It reads {SECRET} here",
        f'{{"access_token":"{TOKEN}","refresh_token":"{SECRET}"}}',
        f"Authorization: Bearer {TOKEN}",
        {"error": {"code": SECRET, "message": TOKEN}},
        {"Cookie": SECRET, "error": TOKEN},
    )
    for body in bodies:
        for status in (None, 200, 418):
            meaning = explain(body, status=status, facts={"client_secret": SECRET, "client_id": "an-id"})
            assert "canary" not in texts_of(meaning)


def test_control_characters_are_not_shown() -> None:
    meaning = explain("\x1b[31mred\x07 \u202eevil", status=418)
    assert not set(meaning.explanation) & {"\x1b", "\x07", "\u202e"}


def test_huge_answers_are_read_quickly_and_in_part() -> None:
    for part in ("'", "[", '{"error":', "AADSTS", "workspace "):
        sound(explain(part * 30000, status=403))
