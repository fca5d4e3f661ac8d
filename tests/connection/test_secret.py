from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.connection import Secret, SecretError
from conformance.connection.secret import resolve

CANARY = "abc8Q~canary-canary-canary-canary-0001"


def test_a_secret_is_never_shown(subtests: pytest.Subtests) -> None:
    forms: list[Callable[[object], str]] = [
        repr,
        str,
        "{}".format,
        "{:>60}".format,
        "{!r}".format,
        lambda secret: f"{[secret]}",
    ]
    for form in forms:
        with subtests.test(shown=form):
            text = form(Secret(CANARY, "env:CONTOSO_SECRET"))
            assert "canary" not in text
            assert "env:CONTOSO_SECRET" in text


@pytest.mark.parametrize("encode", [pickle.dumps, json.dumps, copy.deepcopy, vars])
def test_a_secret_cannot_be_serialised_or_copied(encode: Any) -> None:
    with pytest.raises(TypeError) as caught:
        encode(Secret(CANARY))
    assert "canary" not in str(caught.value)


@given(st.text(st.characters()), st.text(st.characters()))
def test_secrets_are_equal_if_their_texts_are(text: str, other: str) -> None:
    assert (Secret(text) == Secret(other)) == (text == other)
    assert Secret(text) == Secret(text, "env:X")
    assert Secret(text) != text


@given(st.text(st.characters()))
def test_reveal_returns_the_text(text: str) -> None:
    assert Secret(text).reveal() == text
    assert bool(Secret(text)) == bool(text)


def test_a_value_without_prefix_is_the_secret(tmp_path: Path) -> None:
    secret = resolve(CANARY, tmp_path, {})
    assert (secret.reveal(), secret.origin) == (CANARY, "inline")


def test_a_value_comes_from_the_environment(tmp_path: Path) -> None:
    secret = resolve("env:CONTOSO_SECRET", tmp_path, {"CONTOSO_SECRET": CANARY})
    assert (secret.reveal(), secret.origin) == (CANARY, "env:CONTOSO_SECRET")


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{}", "{}"), ("{}\n", "{}"), ("{}\r\n", "{}"), ("{}\n\n", "{}\n"), (" {} ", " {} "), ("\ufeff{}", "{}")],
)
def test_a_file_is_read_without_its_last_line_end(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "app.secret").write_bytes(content.format(CANARY).encode())
    secret = resolve("file:app.secret", tmp_path, {})
    assert secret.reveal() == expected.format(CANARY)
    assert secret.origin == f"file:{tmp_path / 'app.secret'}"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("env:NOT_THERE", "NOT_THERE is not set"),
        ("env:BLANK", "BLANK is empty"),
        ("env:", "not the name of an environment variable"),
        ("file:not-there", "file not-there cannot be read"),
        ("file:.", "file . is a folder, no file"),
        ("file:\0", "is no path"),
        ("file:binary", "holds no text"),
        ("file:latin", "holds no text"),
        ("file:large", "larger than 64 kB"),
    ],
)
def test_an_unusable_reference_is_an_error_with_its_reason(tmp_path: Path, reference: str, reason: str) -> None:
    (tmp_path / "binary").write_bytes(b"canary\0")
    (tmp_path / "latin").write_bytes(b"canary\xff")
    (tmp_path / "large").write_bytes(b"canary" * 20_000)
    with pytest.raises(SecretError, match=reason) as caught:
        resolve(reference, tmp_path, {"BLANK": ""})
    assert "canary" not in str(caught.value)


def test_a_secret_written_after_env_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SecretError) as caught:
        resolve(f"env:{CANARY}", tmp_path, {})
    assert "canary" not in str(caught.value)
