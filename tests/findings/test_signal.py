"""The signal: the part of an answer that rules can match."""

from __future__ import annotations

import json

import pytest

from conformance.findings import pasted
from conformance.findings.signal import read


def test_codes_are_ordered_from_outer_to_inner() -> None:
    inner = {"code": "SemanticError", "innererror": {"code": "SEM0100", "message": "x"}}
    signal = read({"error": {"message": "m", "code": "BadArgumentError", "innererror": inner}})
    assert signal.codes == ("BadArgumentError", "SemanticError", "SEM0100")
    assert signal.messages == ("m", "x")


def test_innererror_in_any_case_and_details_are_followed() -> None:
    signal = read({"Error": {"Code": "A1", "innerError": {"code": "C3"}, "Details": [{"Code": "B2"}]}})
    assert signal.codes == ("A1", "B2", "C3")


def test_a_document_within_a_message_is_read() -> None:
    innermost = json.dumps({"error": {"code": "Innermost", "message": "deep"}})
    middle = json.dumps({"error": {"code": "Middle", "message": innermost}})
    signal = read(json.dumps({"error": {"code": "Outer", "message": middle}}))
    assert signal.codes == ("Outer", "Middle", "Innermost")
    assert signal.messages == ("deep",)


def test_entra_numbers_come_from_the_list_the_text_or_the_link() -> None:
    assert read({"error": "e", "error_codes": [70002, 50012]}).numbers == (70002, 50012)
    assert read({"error": "e", "error_description": "AADSTS53003: x"}).numbers == (53003,)
    assert read("see https://login.microsoftonline.com/error?code=7000222").numbers == (7000222,)


def test_the_shape_of_an_answer_is_recognised(subtests: pytest.Subtests) -> None:
    for body, shape in [
        ({"a": 1}, "json"),
        ("\ufeff{}", "json"),
        (b"\xef\xbb\xbf[]", "json"),
        ("<!DOCTYPE html><html>", "html"),
        ("<h2>Our services</h2>", "html"),
        ("<?xml version='1.0'?><a/>", "xml"),
        ('{"error":{"code":"X', "text"),
        ("", "empty"),
        (b"  \r\n", "empty"),
        (None, "empty"),
    ]:
        with subtests.test(body=body, shape=shape):
            assert read(body).shape == shape


def test_the_status_may_be_read_from_the_text(subtests: pytest.Subtests) -> None:
    for text, status in [
        ("Status=403 Code=x", 403),
        ("(404) Not Found", 404),
        ("HTTP 401", 401),
        ("HTTP/1.1 429 Too Many Requests", 429),
        ("Response status code does not indicate success: 403 (Forbidden).", 403),
        ('{"statusCode":401,"message":"x"}', 401),
        ('{"error":{"code":"500","message":"x"}}', 500),
        ("Gateway answered 502 Bad Gateway", 502),
        ("4034 rows", None),
    ]:
        with subtests.test(text=text, status=status):
            assert read(text).status == status


def test_the_status_of_the_exchange_overrides_that_of_the_text() -> None:
    assert read("HTTP 401", status=403).status == 403


def test_the_service_is_guessed_from_form_and_codes(subtests: pytest.Subtests) -> None:
    for body, service in [
        ({"error": "invalid_client", "error_description": "AADSTS7000215: x"}, "entra"),
        ({"error": {"code": "PartialError", "message": "x"}}, "log_analytics"),
        ({"error": {"code": "x", "message": "y", "innerError": {"request-id": "1", "date": "2"}}}, "graph"),
        ({"error": {"code": "AuthorizationFailed", "message": "x"}}, "arm"),
        ("action 'Microsoft.SecurityInsights/incidents/read'", "sentinel"),
        ("hello", None),
    ]:
        with subtests.test(body=body, service=service):
            assert read(body).service == service


def test_required_and_present_roles_are_read() -> None:
    text = "API required roles: Ab.Read.All, Cd.ReadWrite.All, application roles: Ef.Read.All,Gh.Read."
    assert pasted.roles(text) == (("Ab.Read.All", "Cd.ReadWrite.All"), ("Ef.Read.All", "Gh.Read"))
    assert pasted.roles("API required roles: Ab.Read.All, application roles: .") == (("Ab.Read.All",), ())
    assert pasted.roles("no such thing") is None
