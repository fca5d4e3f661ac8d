"""The values of the connection file, checked before anything is sent, and the network path to the services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from conformance.checks.expect import Found, fail, not_applicable
from conformance.checks.registry import check
from conformance.connection import ClientSecret, Connection, Problem, problems
from conformance.probing.clock import TOLERATED_SKEW
from conformance.probing.diagnosis import NETWORK
from conformance.probing.evidence import Answer, Evidence, Refusal

TENANT = {"tenant_id": "tenant-id"}
IDS = {"client_id": "guid-ids", "subscription_id": "guid-ids"}
SECRET = {"client_secret": "secret-value"}
WORKSPACE = {"workspace_id": "workspace-id", "workspace_name": "resource-names", "resource_group": "resource-names"}
"""Keys of the connection file, and the promise behind the rule for each."""


def first_problem(connection: Connection, keys: Iterable[str]) -> Problem | None:
    """Return the first problem of these keys, or None."""
    return next((problem for problem in problems(connection) if problem.key in keys), None)


@check("CONN-001", "the tenant is named by a GUID or a domain", owns=("tenant_malformed:tenant_id",))
def test_tenant_id(connection: Connection) -> None:
    """``tenant_id`` is the GUID of the directory or one of its domains, not common, organizations or consumers."""
    if problem := first_problem(connection, TENANT):
        fail(problem.text, problem.cause, about=problem.key, promise=TENANT[problem.key])


@check(
    "CONN-002",
    "client id and subscription id are GUIDs",
    owns=("config_invalid:client_id", "config_invalid:subscription_id"),
)
def test_ids(connection: Connection) -> None:
    """Both have the form of a GUID, without braces or spaces."""
    if problem := first_problem(connection, IDS):
        fail(problem.text, problem.cause, about=problem.key, promise=IDS[problem.key])


@check(
    "CONN-003",
    "the secret is a value, not its ID, and nothing clings to it",
    owns=("secret_id_instead_of_value", "config_invalid:client_secret"),
)
def test_secret(connection: Connection) -> None:
    """The secret does not look like a GUID (that would be its ID) and has no spaces, quotes or line ends around it. Its
    text is never shown.
    """
    if problem := first_problem(connection, SECRET):
        fail(problem.text, problem.cause, about=problem.key, promise=SECRET[problem.key])


@check(
    "CONN-004",
    "workspace id, workspace name and resource group are what their names say",
    owns=(
        "workspace_id_not_guid",
        "config_invalid:workspace_id",
        "config_invalid:workspace_name",
        "config_invalid:resource_group",
    ),
)
def test_workspace_values(connection: Connection) -> None:
    """The workspace id is a GUID. The workspace name and the resource group follow Azure's naming rules."""
    if problem := first_problem(connection, WORKSPACE):
        fail(problem.text, problem.cause, about=problem.key, promise=WORKSPACE[problem.key])


@check("CONN-005", "the secret is given by reference and only its owner can read it", level="should")
def test_secret_kept_apart(connection: Connection) -> None:
    """The secret is ``env:NAME`` or ``file:PATH`` instead of the value itself, and such a file is not readable by
    everyone.
    """
    credential = connection.credential
    if not isinstance(credential, ClientSecret):
        not_applicable("this connection uses no client secret")
    if any(secret.origin == "inline" for secret in credential.secrets):
        fail(
            "The client secret is in the connection file itself; everyone who gets the file has it.",
            "config_invalid",
            about="secret",
            remedy='Keep the secret outside: client_secret = "env:NAME" or "file:PATH".',
        )
    if any(secret.exposed for secret in credential.secrets):
        fail(
            "The file that holds the secret can be read by every user of this machine.",
            "config_invalid",
            about="secret",
            remedy="Let only its owner read the file: chmod 600.",
        )


@check(
    "CONN-006",
    "the services can be reached and present a trusted certificate",
    owns=tuple(f"{cause}:host" for cause in sorted(NETWORK)),
)
def test_reachable(
    discovery: Evidence,
    workspace: Evidence,
    incidents: Evidence,
    query_print: Evidence,
    graph_alerts: Evidence,
    machines: Evidence,
) -> None:
    """The first request to each service gets an answer. Names are not resolved separately: behind a proxy this machine
    may not be able to resolve them.
    """
    evidences = (discovery, workspace, incidents, query_print, graph_alerts, machines)
    for evidence in evidences:
        if isinstance(evidence, Refusal) and evidence.finding.cause in NETWORK:
            raise Found(evidence.finding, refusal=evidence)
    if not any(isinstance(evidence, Answer | Refusal) and evidence.exchange for evidence in evidences):
        not_applicable("nothing was sent")


@check(
    "CONN-007", "this machine's clock agrees with the services' within 5 minutes", level="should", owns=("clock_skew",)
)
def test_clock(discovery: Evidence, workspace: Evidence, graph_alerts: Evidence) -> None:
    """The ``Date`` header of the answers is compared with this machine's clock."""
    exchanges = [item.exchange for item in (discovery, workspace, graph_alerts) if isinstance(item, Answer | Refusal)]
    skews = [skew for exchange in exchanges if exchange and (skew := exchange.skew) is not None]
    if not skews:
        not_applicable("no answer carried a date")
    skew = min(skews, key=abs)
    if abs(skew) > TOLERATED_SKEW:
        ahead = "ahead of" if skew > timedelta() else "behind"
        fail(f"This machine's clock is {abs(skew)} {ahead} the services' clock.", "clock_skew")
