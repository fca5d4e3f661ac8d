"""The id by which a service knows a request: what its support asks for first."""

from __future__ import annotations

import pytest

from conformance.probing.transport import request_id

ID = "59a43b63-8868-41da-9845-2bebb8ac3045"


@pytest.mark.parametrize("name", ["x-ms-request-id", "request-id", "x-ms-correlation-request-id"])
def test_a_header_names_it(name: str) -> None:
    assert request_id({name: ID}, b"") == ID


def test_log_analytics_and_defender_name_it_in_the_body_of_a_refusal() -> None:
    assert request_id({}, b'{"error": {"message": "no", "correlationId": "%b"}}' % ID.encode()) == ID
    assert request_id({}, b'{"error":{"code":"NotFound","target":"%b"}}' % ID.encode()) == ID


def test_a_header_comes_first() -> None:
    assert request_id({"request-id": "first"}, b'{"correlationId": "%b"}' % ID.encode()) == "first"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {"target": "machine"}}', b'{"correlationId": null}'])
def test_some_have_none(body: bytes) -> None:
    assert request_id({}, body) is None
