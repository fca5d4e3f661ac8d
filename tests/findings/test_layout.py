"""The layout of mail, tickets, logs and spreadsheets around an error does not change its cause."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable, Mapping

import pytest

from conformance.findings import explain, explain_all
from conformance.findings.layout import flowing

ID = "77777777-aaaa-4bbb-8ccc-888888888888"
DENIED = json.dumps({"error": {"code": "accessDenied", "message": "x", "innerError": {"client-request-id": ID}}})
TEXTS = {
    json.dumps({"error": {"code": "UnknownError", "message": "", "innerError": {"request-id": ID}}}): "service_fault",
    json.dumps({"errorDetails": [f"403 - {DENIED}"], "errorMessage": "Forbidden - perhaps check your credentials?"}): (
        "app_role_missing"
    ),
    "misp2sentinel - ERROR - Error when submitting indicators. Non HTTP-200 response. You do not have permission to"
    " view this directory or page.": "rbac_role_missing",
    json.dumps({"statusCode": 401, "message": "Unauthorized. Access token is missing or invalid."}): "token_malformed",
    "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: "
    "https://graph.microsoft.com/v1.0/identityProtection/riskyUsers": "app_role_missing",
}  # fmt: skip


def _wrapped(text: str, width: int = 90) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


LAYOUTS: Mapping[str, Callable[[str], str]] = {
    "mail": lambda text: "\n".join(f"> > {line}" for line in _wrapped(text)),
    "ticket": lambda text: f"<p>{html.escape(html.escape(text))}</p>",
    "terminal": lambda text: "\n".join(text[at : at + 80] for at in range(0, len(text), 80)),
    "container": lambda text: "\n".join(f"app-7d9f | 2026-02-03T04:05:06Z stderr F {x}" for x in _wrapped(text, 900)),
    "colours": lambda text: "\n".join(f"\x1b[2m2026-02-03 04:05:06\x1b[0m ERROR {line}" for line in _wrapped(text)),
    "syslog": lambda text: "\n".join(f"Feb  3 04:05:06 host app[12]: {line}" for line in _wrapped(text)),
    "table": lambda text: '"' + text.replace('"', '""') + '"',
    "warning": lambda text: f"/lib/site.py:12: DeprecationWarning: utcnow() is deprecated\n  utcnow()\n{text}",
    "repr": repr,
    "escaped": lambda text: f'{{"log":"{json.dumps(json.dumps(text)[1:-1])[1:-1]}"}}',
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_does_not_change_the_cause(layout: str, subtests: pytest.Subtests) -> None:
    for text, cause in TEXTS.items():
        with subtests.test(text=text):
            assert explain(text).cause == cause
            assert explain(LAYOUTS[layout](text)).cause == cause


def test_a_text_cut_before_its_code_is_unknown() -> None:
    assert explain(json.dumps({"trace": "x" * 200, "error": {"code": "AuthorizationFailed"}})[:200]).cause == "unknown"


def test_records_and_headers_are_separated() -> None:
    log = "2026-02-03 04:05:06 ERROR AADSTS7000222: x\n2026-02-03 04:05:08 ERROR (AuthorizationFailed) y"
    assert [meaning.cause for meaning in explain_all(log)] == ["secret_expired", "rbac_role_missing"]
    head = "HTTP/2 401\ncontent-type: application/json\nrequest-id: x\ndate: today"
    assert flowing(head) == head
