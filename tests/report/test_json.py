"""The JSON report: its shape, its schema, and no secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from importlib import resources

import jsonschema
import pytest

from conformance.findings import CAUSES
from conformance.report.document import document
from conformance.report.json import encode, schema
from conformance.verification.baseline import Acceptance
from conformance.verification.result import Report
from tests.report_schema import assert_valid


def test_the_shipped_schema_is_that_of_the_models() -> None:
    shipped = resources.files("conformance.report").joinpath("schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == json.loads(json.dumps(schema()))
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_report_contains_the_findings_of_the_run(verified: Callable[..., Report]) -> None:
    report = json.loads(verified("expired-secret").json())
    (connection,) = report["connections"]
    assert report["schema"] == "sentinel-conformance/report/1"
    assert report["run"]["source"] == "fake:expired-secret"
    assert connection["target"] == {
        "cloud": "public",
        "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
        "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
        "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
        "resource_group": "rg-security",
        "workspace": "law-security",
        "profile": "airmdr",
    }
    assert connection["verdict"]["exit_code"] == 1
    (cause,) = connection["root_causes"]
    assert (cause["cause"], cause["check"], cause["owner"]) == ("secret_expired", "AUTH-003", "entra-admin")
    assert cause["evidence"]["code"] == "AADSTS7000222"
    blocked = [check for check in connection["checks"] if check["outcome"] == "blocked"]
    assert {check["blocked_by"] for check in blocked} == {"AUTH-003"}
    assert sorted(check["id"] for check in blocked) == sorted(cause["blocks"])


@pytest.mark.parametrize("scenario", ["healthy", "no-azure-role", "service-down", "throttled"])
def test_every_cause_is_in_the_catalogue(verified: Callable[..., Report], scenario: str) -> None:
    (connection,) = json.loads(verified(scenario).json())["connections"]
    assert {check["cause"] for check in connection["checks"]} - {None} <= set(CAUSES)


def test_several_connections_are_listed_in_one_report(verified: Callable[..., Report]) -> None:
    report = json.loads(encode(document([verified(), verified("service-down")], "-k LA")))
    assert [connection["verdict"]["status"] for connection in report["connections"]] == ["conformant", "incomplete"]
    assert_valid(json.dumps(report))


def test_accepted_findings_keep_their_outcome_and_are_listed_separately(verified: Callable[..., Report]) -> None:
    acceptance = Acceptance("AUTH-003", "until the new app is there", date(2999, 1, 31))
    report = json.loads(verified("expired-secret", baseline=(acceptance,)).json())
    assert_valid(json.dumps(report))
    (connection,) = report["connections"]
    (cause,) = connection["accepted"]
    assert (cause["check"], connection["root_causes"]) == ("AUTH-003", [])
    accepted = {"reason": "until the new app is there", "expires": "2999-01-31"}
    marked = [check for check in connection["checks"] if check["accepted"] == accepted]
    assert {check["outcome"] for check in marked} == {"failed", "blocked"}
    assert len(marked) == 1 + len(cause["blocks"])


def test_a_stale_acceptance_is_reported_and_makes_the_run_fail(verified: Callable[..., Report]) -> None:
    result = verified(baseline=(Acceptance("AUTH-003", "known", date(2999, 1, 31)),))
    report = json.loads(result.json())
    assert not result.ok
    assert (report["run"]["exit_code"], report["connections"][0]["verdict"]["exit_code"]) == (1, 0)
    assert [stale["message"] for stale in report["stale"]] == [
        "baseline: AUTH-003 is accepted until 2999-01-31, but passes: remove the entry"
    ]
