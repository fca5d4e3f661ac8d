"""azure-monitor-query: queries with their types, batches, partial results, and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import aio
from azure.monitor.query import (
    LogsBatchQuery,
    LogsQueryClient,
    LogsQueryError,
    LogsQueryPartialResult,
    LogsQueryResult,
    LogsQueryStatus,
)
from azure.monitor.query.aio import LogsQueryClient as AsyncLogsQueryClient

from conformance.apis import kql
from conformance.connection import ClientSecret
from conformance.fakes import World
from conformance.fakes.services.throttling import throttling
from conformance.fakes.state.table_rows import SCHEMAS
from tests.clients.azure_errors import error_of, inner_codes, refusal
from tests.contoso import made_up

TYPES = {"bool": bool, "datetime": datetime, "dynamic": str, "int": int, "long": int, "real": float, "string": str}
INCIDENTS = kql.table("SecurityIncident").text
GUID = made_up().workspace_id


@pytest.fixture
def client(world: World, signed_in: Callable[..., Any]) -> Iterator[LogsQueryClient]:
    """Yield a client without retries; the world that is arranged answers it."""
    with LogsQueryClient(signed_in(world.connection), retry_total=0) as client:
        yield client


def query_result(client: LogsQueryClient, query: str, workspace: str = GUID, **options: Any) -> LogsQueryResult:
    answer = client.query_workspace(workspace, query, **{"timespan": None, **options})
    assert isinstance(answer, LogsQueryResult)
    assert answer.status == LogsQueryStatus.SUCCESS
    return answer


ANSWERED = [query for query in kql.QUERIES.values() if query is not kql.UNKNOWN_TABLE]


@pytest.mark.parametrize("query", ANSWERED, ids=lambda query: query.name)
def test_values_have_the_type_of_their_column(client: LogsQueryClient, query: kql.Query) -> None:
    (table,) = query_result(client, query.text).tables
    assert table.rows
    for row in table.rows:
        for name, kind in zip(table.columns, table.columns_types, strict=True):
            assert row[name] is None or type(row[name]) is TYPES[kind]


def test_all_columns_of_a_table(client: LogsQueryClient, world: World) -> None:
    (table,) = query_result(client, INCIDENTS).tables
    assert dict(zip(table.columns, table.columns_types, strict=True)) == SCHEMAS["SecurityIncident"]
    last = world.tenant.workspace.tables["SecurityIncident"].rows[-1]
    assert table.rows[0]["TimeGenerated"] == last["TimeGenerated"]
    assert table.rows[0]["IncidentNumber"] == last["IncidentNumber"]


def test_the_rows_are_the_incidents_of_the_tenant(client: LogsQueryClient, world: World) -> None:
    (table,) = query_result(client, kql.RECENT_INCIDENTS.text).tables
    assert {row["IncidentNumber"] for row in table.rows} == {
        incident.number for incident in world.tenant.workspace.incidents
    }


def test_time_spans(client: LogsQueryClient) -> None:
    """A time span is a duration, a start and an end, or a start and a duration."""
    now = datetime.now(UTC)
    for hours in (2, 4):
        past = timedelta(hours=hours)
        counts = set()
        for timespan in (past, (now - past, now), (now - past, past)):
            (row,) = query_result(client, kql.TIMESPAN.text, timespan=timespan).tables[0].rows
            assert row["Oldest"] >= now - past - timedelta(minutes=1)
            counts.add(row["Rows"])
        assert len(counts) == 1


def test_statistics(client: LogsQueryClient) -> None:
    assert query_result(client, kql.PRINT.text).statistics is None
    with_statistics = query_result(client, kql.PRINT.text, include_statistics=True, server_timeout=60)
    assert with_statistics.statistics["query"]["executionTime"] > 0


def test_a_query_by_resource_id(client: LogsQueryClient, world: World) -> None:
    answer = client.query_resource(world.tenant.workspace.scope, kql.PRINT.text, timespan=None)
    assert [list(row) for row in answer.tables[0].rows] == [[1]]


def test_a_batch(client: LogsQueryClient, world: World) -> None:
    """The answers are in the order of the queries."""
    world.tenant.workspace.tables["SecurityIncident"].partial = True
    whole, partial, refused, elsewhere = client.query_batch(
        [
            LogsBatchQuery(GUID, kql.PRINT.text, timespan=None, include_statistics=True),
            LogsBatchQuery(GUID, INCIDENTS, timespan=timedelta(days=14)),
            LogsBatchQuery(GUID, kql.UNKNOWN_TABLE.text, timespan=None),
            LogsBatchQuery("00000000-0000-4000-8000-000000000000", kql.PRINT.text, timespan=None),
        ]
    )
    assert isinstance(whole, LogsQueryResult)
    assert [list(row) for row in whole.tables[0].rows] == [[1]]
    assert whole.statistics["query"]["executionTime"] > 0
    assert isinstance(partial, LogsQueryPartialResult)
    assert partial.partial_error.code == "PartialError"
    assert isinstance(refused, LogsQueryError)
    assert (refused.code, refused.status) == ("BadArgumentError", LogsQueryStatus.FAILURE)
    assert isinstance(elsewhere, LogsQueryError)
    assert elsewhere.code == "FailedToResolveResource"


def test_too_many_requests(world: World, client: LogsQueryClient) -> None:
    world.disturb(throttling("log_analytics", 30), api="log_analytics")
    batch = [LogsBatchQuery(GUID, kql.PRINT.text, timespan=None)]
    for call in (lambda: query_result(client, kql.PRINT.text), lambda: client.query_batch(batch)):
        error = refusal(call)
        assert (error.status_code, error.error.code, error.response.headers["Retry-After"]) == (
            429,
            "ThrottledError",
            "30",
        )


def test_a_partial_result_is_an_answer_with_an_error(arranged: Callable[..., World], client: LogsQueryClient) -> None:
    arranged("partial-results")
    answer = client.query_workspace(GUID, INCIDENTS, timespan=None)
    assert isinstance(answer, LogsQueryPartialResult)
    assert answer.status == LogsQueryStatus.PARTIAL
    assert answer.partial_error.code == "PartialError"
    assert answer.partial_error.details[0]["code"] == "EngineError"
    assert len(answer.partial_data[0].rows) == 1


def test_the_asynchronous_client(world: World) -> None:
    secret = world.connection.credential
    assert isinstance(secret, ClientSecret)

    async def ask() -> Any:
        ids = (world.connection.tenant_id, world.connection.client_id)
        async with (
            aio.ClientSecretCredential(*ids, secret.secret.reveal()) as credential,
            AsyncLogsQueryClient(credential, retry_total=0) as client,
        ):
            answer = await client.query_workspace(GUID, kql.PRINT.text, timespan=None)
            world.tenant.revoke_roles()
            with pytest.raises(HttpResponseError) as raised:
                await client.query_workspace(GUID, kql.PRINT.text, timespan=None)
            return answer.tables[0].rows[0]["ok"], raised.value.error.code

    assert asyncio.run(ask()) == (1, "InsufficientAccessError")


# Scenario, query, status, code, inner codes
REFUSED = [
    ("healthy", "SecurityIncident | take (", 400, "BadArgumentError", ["SyntaxError", "SYN0002"]),
    ("healthy", kql.UNKNOWN_TABLE.text, 400, "BadArgumentError", ["SemanticError", "SEM0100"]),
    ("table-missing", INCIDENTS, 400, "BadArgumentError", ["SemanticError", "SEM0100"]),
    ("no-azure-role", kql.PRINT.text, 403, "InsufficientAccessError", ["UnauthorizedClient"]),
    ("role-on-wrong-scope", kql.PRINT.text, 403, "InsufficientAccessError", ["UnauthorizedClient"]),
    ("network-access-disabled", kql.PRINT.text, 403, "InsufficientAccessError", ["NspValidationFailedError"]),
    ("service-down", kql.PRINT.text, 503, "ServiceUnavailableError", []),
    ("query-timeout", kql.PRINT.text, 504, "GatewayTimeout", ["GatewayTimeout"]),
]


@pytest.mark.parametrize(("scenario", "query", "status", "code", "inner"), REFUSED)
def test_refusals(
    arranged: Callable[..., World],
    client: LogsQueryClient,
    scenario: str,
    query: str,
    status: int,
    code: str,
    inner: list[str],
) -> None:
    arranged(scenario)
    error = refusal(lambda: query_result(client, query))
    assert (error.status_code, error.error.code, inner_codes(error)) == (status, code, inner)
    assert code in str(error)


@pytest.mark.parametrize("workspace", ["law-security", "00000000-0000-4000-8000-000000000000"])
def test_a_workspace_that_does_not_exist_is_not_found(client: LogsQueryClient, workspace: str) -> None:
    assert error_of(lambda: query_result(client, kql.PRINT.text, workspace)) == (
        "HttpResponseError",
        404,
        "PathNotFoundError",
    )


def test_a_resource_that_does_not_exist_is_not_found(client: LogsQueryClient, world: World) -> None:
    wrong = world.tenant.workspace.scope.replace("law-security", "law-elsewhere")
    error = refusal(lambda: client.query_resource(wrong, kql.PRINT.text, timespan=None))
    assert (error.status_code, error.error.code) == (404, "ResourceNotFoundError")


def test_an_expired_token_is_refused(client: LogsQueryClient, world: World) -> None:
    query_result(client, kql.PRINT.text)
    world.clock.skip(timedelta(hours=2))
    assert error_of(lambda: query_result(client, kql.PRINT.text)) == ("HttpResponseError", 403, "InvalidTokenError")


@pytest.mark.parametrize("scenario", ["no-data", "empty-answers"])
def test_a_success_without_content_is_an_error(
    arranged: Callable[..., World], client: LogsQueryClient, scenario: str
) -> None:
    """The client does not expect an empty answer and raises an error of its JSON parser."""
    arranged(scenario)
    with pytest.raises(JSONDecodeError):
        query_result(client, kql.PRINT.text)


@pytest.mark.slow
def test_the_client_retries_after_the_time_of_retry_after(world: World, signed_in: Callable[..., Any]) -> None:
    world.disturb(throttling("log_analytics", 1), api="log_analytics", times=1)
    with LogsQueryClient(signed_in(world.connection)) as client:
        started = world.clock.monotonic()
        query_result(client, kql.PRINT.text)
    assert world.clock.monotonic() - started >= 1
