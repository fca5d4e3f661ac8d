from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.toml_file.positions import line_of, tables

PIECES = st.sampled_from(
    [
        'a = "x"',
        'b = 1  # it\'s """ odd',
        'c = \'"""\'',
        "d = \"''' \\\" # no comment\"",
        'e = """\n[connection]\nnot = "a key"\n"""',
        'f = """one line"""',
        "g = '''\nnot = 1\n'''''",
        'h = """\\""" \n not = 2 """""',
        "i = [\n  1, # one\n  2,\n]",
        "",
        "# comment = 'no key'",
        "# \u2028 \u0085 line ends to Python, not to TOML",
    ]
)


@given(st.lists(PIECES, unique_by=lambda piece: piece[:1] or id(piece), max_size=12))
def test_a_key_is_found_after_any_other_content(pieces: Any) -> None:
    text = "\n".join(["[connection]", *pieces, "last = 1"])
    assert "not" not in tomllib.loads(text)["connection"]
    (_, table) = tables(text)
    assert line_of(table, "last", {}) == text.count("\n") + 1
    assert set(table.keys) == set(tomllib.loads(text)["connection"])


def test_headers_and_keys_are_known_in_all_their_spellings() -> None:
    text = '[ "connection" ] # one\n"na me" = 1\n expect . max = 2\n[connection.expect]\nmin=1\n[[connection]]\nx=1'
    assert [(table.path, table.line, dict(table.keys)) for table in tables(text)] == [
        ("", 1, {}),
        ("connection", 1, {"na me": 2, "expect": 3, "expect.max": 3}),
        ("connection.expect", 4, {"min": 5}),
        ("connection", 6, {"x": 7}),
    ]


@given(st.text())
def test_any_text_has_tables(text: Any) -> None:
    assert all(1 <= table.line <= text.count("\n") + 1 for table in tables(text))
