"""Real answers, collected from public threads, get their real causes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.findings import explain
from tests.findings.labelled_errors import ERRORS, load

pytestmark = pytest.mark.skipif(not ERRORS.exists(), reason="the labelled errors are not beside this checkout")


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def test_every_error_gets_its_cause(subtests: pytest.Subtests) -> None:
    for error in load():
        with subtests.test(error=error.id):
            meaning = explain(error.body, status=error.status, headers=error.headers, service=error.service)
            assert meaning.cause in error.causes


def test_form_does_not_matter(subtests: pytest.Subtests) -> None:
    for error in load():
        with subtests.test(error=error.id):
            live = explain(error.body, status=error.status, headers=error.headers, service=error.service)
            if not isinstance(error.body, dict):
                assert (
                    explain(error.body.encode(), status=error.status, headers=error.headers, service=error.service)
                    == live
                )
                continue
            for body in (
                json.dumps(error.body),
                json.dumps(error.body, indent=2).encode("utf-8-sig"),
                json.dumps(error.body, ensure_ascii=True).encode("utf-16"),
                json.dumps(json.dumps(error.body)),
                reordered(error.body),
            ):
                meaning = explain(body, status=error.status, headers=error.headers, service=error.service)
                assert (meaning.cause, meaning.certainty, meaning.code) == (live.cause, live.certainty, live.code)


def test_no_wrong_cause_is_certain_without_status_and_service() -> None:
    for error in load():
        meaning = explain(error.body)
        assert meaning.certainty == "likely" or meaning.cause in error.causes, error.id


def test_most_bodies_alone_give_their_cause() -> None:
    errors = [error for error in load() if error.body]
    right = sum(explain(error.body).cause in error.causes for error in errors)
    assert right / len(errors) > 0.95
