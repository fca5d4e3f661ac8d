"""The classification of a service's answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conformance.apis.sentinel import INCIDENTS
from conformance.probing.evidence import Answer, Exchange, Refusal
from conformance.probing.interpretation import read
from conformance.probing.response import Response
from tests.contoso import made_up

URL = "https://management.azure.com/subscriptions/x"


def test_truncated_data_is_not_an_error_text(subtests: pytest.Subtests) -> None:
    """Words in incidents, such as an etag, are not words of a refusal."""
    for body, cause in (
        (b'{"value": [{"etag": "1", "properties": {"title": "another operation is in progress', "contract_violation"),
        (b'{"value": [{"x"', "contract_violation"),
        (b'{"a": \xff}', "contract_violation"),
    ):
        with subtests.test(body=body):
            exchange = Exchange("GET", URL, 200, None, datetime(2026, 11, 24, tzinfo=UTC), None, 0.0, 0.1)
            headers = {"content-type": "application/json"}
            answer = read("incidents", INCIDENTS, Response(200, headers, body, exchange), made_up())
            assert isinstance(answer, Refusal)
            assert answer.finding.cause == cause
            assert "with JSON that cannot be read" in answer.finding.explanation


def test_a_byte_order_mark_is_not_part_of_the_document() -> None:
    exchange = Exchange("GET", URL, 200, None, datetime(2026, 11, 24, tzinfo=UTC), None, 0.0, 0.1)
    headers = {"content-type": "application/json"}
    response = Response(200, headers, b'\xef\xbb\xbf{"value": []}', exchange)
    assert isinstance(read("incidents", INCIDENTS, response, made_up()), Answer)
