"""docs/permissions.md: every operation that may be sent, and the permissions to grant."""

from __future__ import annotations

from typing import Any

from conformance.apis import ENDPOINTS
from conformance.apis.action_roles import READER_ROLE as READER
from conformance.apis.endpoint import Api, AppRole, Endpoint
from conformance.apis.permissions import by_resource
from conformance.fakes.state.roles import BUILT_IN
from conformance.findings import CAUSES
from conformance.findings.remedies import fix
from conformance.report.wording import capital
from scripts.pages.markdown import NOTE, anchor, code, source, table
from scripts.pages.operations import ITSELF, SHORT, SPEAKERS, endpoint_of_probe, need, request

HEAD = """\
# Operations and permissions

All operations that this suite may send: its transport refuses every other request before a byte is sent. Every
operation only reads, the POSTs too: the token request, queries, and the lists that Microsoft Sentinel returns for a
POST. Operations without a probe exist for the virtual tenant.

A ReadWrite permission of Microsoft Graph or Defender for Endpoint opens what the Read permission opens: the page of
each operation lists both. So an app that has both keeps working without the Read permission, and the checks of
permissions pass; that it can change things is a warning of its own ([PERM-020](checks.md#PERM-020)).
"""
AFTER = f"""\
`<object-id>` is the object id of the enterprise application (`az ad sp show --id '<client-id>' --query id`), not of the
app registration. Azure Resource Manager, Log Analytics and Microsoft Sentinel need no API permission: the Azure role is
enough. `{ITSELF}` of Microsoft Graph is not needed; with it the app's own registration is read too, to distinguish a
permission that was never requested from a permission without consent.
"""


def page() -> str:
    """Return the text of docs/permissions.md."""
    return "\n".join([NOTE, HEAD, SHORT, *map(section, SPEAKERS.values()), grant()])


def section(api: Api) -> str:
    """Return the section of an API: its operations and the least permission of each."""
    head = ("operation", "request", "api-version", "least permission", "paging", "ends", "asked by", "source")
    rows = (
        (
            anchor(operation.name) + code(operation.name),
            request(operation),
            operation.api_version,
            need(operation),
            paging(operation),
            operation.retires,
            ", ".join(code(probe) for probe, endpoint in endpoint_of_probe().items() if endpoint is operation),
            source(operation.source),
        )
        for operation in ENDPOINTS.values()
        if operation.api == api
    )
    return f"## {capital(api.title)}\n\n" + table(head, rows)


def paging(endpoint: Endpoint[Any]) -> str:
    """Return the kind of paging of an operation's answers, with the largest page size; empty for no paging."""
    most = f"at most {endpoint.max_top} at once" if endpoint.max_top else None
    return ", ".join(filter(None, (endpoint.paging and code(endpoint.paging), most)))


def grant() -> str:
    """Return the section on the least permissions with which all checks pass."""
    used = {endpoint.name for endpoint in endpoint_of_probe().values()}
    needs = (endpoint.needs for endpoint in ENDPOINTS.values() if endpoint.name in used)
    roles = dict.fromkeys(need.name for need in needs if isinstance(need, AppRole) and need.name != ITSELF)
    permissions = table(
        ("API", "its app id", "permission", "id of the app role"),
        (
            (resource.name, code(resource.app_id), code(name), code(resource.application_id(name)))
            for resource, names in by_resource(roles)
            for name in names
        ),
    )
    role = table(("role", "id"), [(READER, code(BUILT_IN[READER].id))])
    commands = (
        *fix(CAUSES["app_role_missing"], {"roles": " ".join(roles)}).commands,
        *fix(CAUSES["rbac_role_missing"], {}).commands,
    )
    return "\n".join(
        [
            "## What to grant\n",
            "The least permissions with which all checks pass. Application permissions, with admin consent:\n",
            permissions,
            "The Azure role, for the service principal, on the resource group of the workspace:\n",
            role,
            "```sh\n" + "\n".join(commands) + "\n```\n",
            AFTER,
        ]
    )
