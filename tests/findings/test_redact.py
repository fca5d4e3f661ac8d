"""Texts that look like credentials are replaced everywhere in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.findings import redact as redacting
from conformance.findings.redact import excerpt, redact

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhcHAifQ.c2lnbmF0dXJl"
SECRET = "abc8Q~defghijklmnopqrstuvwxyz0123456789"


def test_credentials_are_replaced(subtests: pytest.Subtests) -> None:
    for text, redacted in [
        (f"token {JWT} was sent", "token *** was sent"),
        (JWT[:30], "***"),
        (f"the value {SECRET} is wrong", "the value *** is wrong"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "Authorization: Bearer ***"),
        ("authorization: BEARER abcdefghijklmnopqrstuvwxyz", "authorization: BEARER ***"),
        ("client_secret=hunter2&scope=x", "client_secret=***&scope=x"),
        ('{"Password": "hunter2"}', '{"Password": "***"}'),
        ('{\\"access_token\\": \\"abc\\"}', '{\\"access_token\\": \\"***\\"}'),
        ("?se=2026&sig=abc%3D", "?se=2026&sig=***"),
        ("Set-Cookie: a", "Set-Cookie: ***"),
        ("the secret expired", "the secret expired"),
    ]:
        with subtests.test(text=text, shown=redacted):
            assert redact(text) == redacted


PIECES = st.sampled_from(
    ["secret", "client_secret", "Sig", "=", ":", " ", '"', "apiKey", "api_key", "BEARER ", JWT, SECRET, "cookie", "Q~"]
) | st.text(max_size=20)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_search_for_words_finds_all_credentials(text: str) -> None:
    thorough = text
    for pattern in redacting._CREDENTIALS:
        thorough = pattern.sub(lambda match: (match.group(1) if match.re.groups else "") + "***", thorough)
    assert redact(text) == thorough


@given(st.text(max_size=50), st.text(max_size=50))
def test_an_excerpt_is_redacted_before_it_is_cut(before: str, after: str) -> None:
    assert SECRET[:20] not in excerpt(f"{before} {SECRET} {after}", 60)
