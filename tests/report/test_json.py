"""The JSON report: its shape, its schema, and what never stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources

import jsonschema
import pytest

from conformance.findings import CAUSES
from conformance.report.json import encode, schema
from conformance.report.model import document
from conformance.verification import Report


def test_the_shipped_schema_is_the_models() -> None:
    shipped = resources.files("conformance.report").joinpath("schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_report_says_what_the_run_found(verified: Callable[..., Report]) -> None:
    report = json.loads(verified("expired-secret").json())
    (connection,) = report["connections"]
    assert report["schema"] == "sentinel-conformance/report/1"
    assert report["run"]["source"] == "fake:expired-secret"
    assert connection["target"] == {
        "cloud": "public",
        "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
        "workspace": "law-security",
    }
    assert connection["verdict"]["exit_code"] == 1
    (cause,) = connection["root_causes"]
    assert (cause["cause"], cause["check"], cause["owner"]) == ("secret_expired", "AUTH-003", "entra-admin")
    assert cause["evidence"]["code"] == "AADSTS7000222"
    blocked = [one for one in connection["checks"] if one["outcome"] == "blocked"]
    assert {one["blocked_by"] for one in blocked} == {"AUTH-003"}
    assert sorted(one["id"] for one in blocked) == sorted(cause["blocks"])


@pytest.mark.parametrize("scenario", ["healthy", "no-azure-role", "service-down", "throttled"])
def test_every_cause_is_of_the_vocabulary(verified: Callable[..., Report], scenario: str) -> None:
    (connection,) = json.loads(verified(scenario).json())["connections"]
    assert {one["cause"] for one in connection["checks"]} - {None} <= set(CAUSES)


def test_several_connections_are_a_list(verified: Callable[..., Report]) -> None:
    report = json.loads(encode(document([verified(), verified("service-down")], "-k LA")))
    assert [one["verdict"]["status"] for one in report["connections"]] == ["conformant", "incomplete"]
    jsonschema.validate(report, schema())
