"""Texts are written only through the exits of :mod:`conformance.redaction`, and the register of secrets is fast."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conformance
from conformance.redaction import hide, hide_bytes, remember
from conformance.redaction.register import MAX_BLOCKS, REGISTER, Register
from tests.contoso import SECRET

ROOT = Path(conformance.__file__).parent
EXITS = {
    "print": "conformance.redaction.say",
    "write": "a stream behind Outlet",
    "writelines": "clean_bytes",
    "write_text": "clean_bytes",
    "write_bytes": "clean_bytes",
}
ALLOWED = {
    ("redaction/outlet.py", "write"): "the exit for streams",
    ("report/atomic_write.py", "writelines"): "through clean_bytes",
    ("outputs/delivery.py", "write"): "through clean_bytes",
    ("results/journal.py", "write"): "entries, which are clean",
    ("files/regular.py", "write"): "what is for its owner alone",
    ("report/fleet/trend_terminal.py", "print"): "on a console of report.screen",
    ("report/terminal_layout.py", "print"): "on a console of report.screen",
    ("pytest_plugin/terminal.py", "print"): "commands to a CI system: what is theirs alone to obey, escaped",
    ("pytest_plugin/terminal.py", "write"): "pytest's terminal writer, which is behind Outlet",
    ("pytest_plugin/session.py", "print"): "on a console of report.screen",
    ("report/writer.py", "write"): "the function of that name",
    ("outputs/summary.py", "write"): "the functions of that name",
    ("outputs/watched_report.py", "write"): "the function of report.writer",
    ("fleet/__main__.py", "write_text"): "a picture of counts",
    ("recording/cassette.py", "write_bytes"): "what Recording.keep has looked at",
    ("recording/recorder.py", "write"): "the function of that name",
    ("fakes/state/host_identities.py", "write_text"): "the virtual tenant's own proof file",
    ("fakes/__main__.py", "print"): "what the virtual tenant's own clients are given",
    ("fakes/__main__.py", "write"): "the function of that name",
    ("fakes/network/server.py", "print"): "the virtual tenant's own log",
    ("fakes/network/server.py", "write_bytes"): "the virtual tenant's own certificate",
    ("fakes/network/https.py", "write"): "the virtual tenant's sockets",
    ("fakes/network/tunnel.py", "write"): "the virtual tenant's sockets",
    ("sources/http_answer.py", "write"): "a request, behind the guard",
    ("sources/direct_stream.py", "write"): "the same request, into TLS or to its socket",
}


def exits() -> Iterator[tuple[str, str, int]]:
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in EXITS:
                    yield file.relative_to(ROOT).as_posix(), name, node.lineno


def test_texts_are_written_only_through_the_exits() -> None:
    others = [
        f"{file}:{line}: {name}: use {EXITS[name]}" for file, name, line in exits() if (file, name) not in ALLOWED
    ]
    assert others == []


def test_json_without_its_secrets_is_still_json() -> None:
    secret = 'Aq"7\\u00e9\\n\\"bcdefgh\tijklmnop é☃𝄞 xyz'
    remember(secret)
    for text in (secret, secret[3:], secret[:-3], "\\" + secret, "é" + secret[5:], f"\n{secret}\\", secret[7:24]):
        for ascii_only in (True, False):
            encoded = json.dumps({"a": [text, {text: 1}]}, ensure_ascii=ascii_only).encode()
            assert json.loads(hide_bytes(encoded))["a"]


def test_a_text_without_a_secret_is_the_same_object() -> None:
    remember(SECRET)
    data = b"nothing of the kind" * 1000
    assert hide_bytes(data) is data


@pytest.mark.parametrize(("password", "clean"), [("kO9!", "*** at kO9!x"), ("p4ss/w", "*** at p4ss/wx"), ("pw", None)])
def test_a_short_secret_is_removed_only_as_a_whole_word(password: str, clean: str | None) -> None:
    remember(password)
    assert hide(f"{password} at {password}x") == (clean or f"{password} at {password}x")


def test_of_very_many_secrets_the_last_ones_are_known() -> None:
    register = Register()
    secrets = [f"{number:05}-{'qwertzuiop' * 3}-{number * 7919:09x}" for number in range(MAX_BLOCKS // 400)]
    for secret in secrets:
        register.remember(secret)
    assert secrets[-1].encode() not in register.hide(secrets[-1].encode())
    assert len(register._blocks) <= MAX_BLOCKS


@given(st.lists(st.text("abcdef", min_size=20, max_size=24), min_size=2, max_size=6, unique=True), st.data())
def test_a_secret_that_is_forgotten_takes_nothing_from_those_that_begin_alike(endings: list[str], data: Any) -> None:
    secrets = [f"QbWzKJ7x-the-same-beginning-{ending}" for ending in endings]
    register = Register()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("conformance.redaction.register.MAX_BLOCKS", len(_blocks_of(secrets[-1])))
        for secret in secrets:
            register.remember(secret)
    survivors = [secret for secret in secrets if secret in register._values]
    assert secrets[-1] in survivors
    begin = data.draw(st.integers(0, 12))
    for secret in survivors:
        for part in (secret, secret[begin : begin + 15]):
            assert part.encode() not in register.hide(b"x " + part.encode())
    assert {text for sharers in register._sharers.values() for text in sharers} <= set(survivors)


def _blocks_of(secret: str) -> dict[int, str]:
    register = Register()
    register.remember(secret)
    return register._blocks


def test_a_secret_is_known_as_soon_as_it_is_read() -> None:
    from conformance.connection import Secret

    Secret("Zk7vPq3nXw9tRb5yLm2dHs8f")
    assert "Xw9tRb5y" not in hide("x Zk7vPq3nXw9tRb5yLm2dHs8f")
    REGISTER.clear()
    assert "Xw9tRb5y" in hide("x Zk7vPq3nXw9tRb5yLm2dHs8f")
