"""The keys of a connection table, read into a connection."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from conformance.apis.endpoint import APIS, Endpoint
from conformance.connection.clouds import CLOUDS, Cloud
from conformance.connection.connection_table import IDS, KEYS, PARTNERS, ConnectionTable, comment_hint
from conformance.connection.credential_keys import read_credential
from conformance.connection.duration import DurationError, duration
from conformance.connection.expect import Expect
from conformance.connection.ingestion import Ingestion
from conformance.connection.ingestion_keys import read_ingestion
from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.model import USABLE, Connection
from conformance.connection.needs import Needs
from conformance.connection.profile import DEFAULT, Profile, get_profile, profile_names
from conformance.connection.requirement import RequirementError, read_action, read_permission, read_route
from conformance.connection.values import A_GUID, id_problem, malformed_values, secret_problem
from conformance.redaction import clean, describe, hide, shape_of
from conformance.toml_file.document import day, did_you_mean

OF_AZURE = ("log_analytics", "sentinel")
"""APIs that Azure Lighthouse delegates: Azure's resources, but neither Microsoft Graph nor Defender for Endpoint."""
EXPECT = tuple(field.name for field in fields(Expect))
LISTS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "permissions": ("application permissions", read_permission),
    "actions": ("Azure actions", read_action),
    "routes": ("routes", lambda text: read_route(text, _endpoints())),
}
"""The lists of ``expect``: the kind of their items, and how an item is read."""


def read_connection(entry: ConnectionTable, many: bool) -> None:
    """Read one table, and add its connection if the table has no problems."""
    before = len(entry.file.wrong)
    for key in entry.row:
        if key not in KEYS:
            entry.add_problem(key, f"unknown key {describe(key)}{did_you_mean(key, KEYS)}")
    given_here = _of_environment(entry) if entry.row.get("workload_identity") is True else {}
    spare = {"client_id"} if "managed_identity" in entry.row else set()
    values: dict[str, Any] = {key: given_here.get(key) or _string(entry, key, required=key not in spare) for key in IDS}
    name = _name(entry, required=many)
    credential = read_credential(entry)
    if isinstance(credential, ManagedIdentity) and credential.selector and credential.selector[0] == "client_id":
        values["client_id"] = values["client_id"] or credential.selector[1]
    cloud = _choice(entry, "cloud", given_here.get("cloud", "public"), tuple(CLOUDS))
    partners = _partners(entry)
    profile = get_profile(_choice(entry, "profile", DEFAULT, profile_names()))
    apis = _apis(entry)
    expires = _date(entry, "secret_expires")
    expect = _expect(entry)
    ingestion = read_ingestion(entry)
    if len(entry.file.wrong) == before:
        _compare_needs(entry, profile, Needs.of(profile, expect), apis, CLOUDS[cloud], ingestion)
    non_empty = {key: value for key, value in values.items() if value.strip()}
    if credential and (malformed := secret_problem(credential)):
        entry.file.secrets.append((entry, malformed))
    for problem in malformed_values(non_empty):
        entry.add_problem(problem.key, f"{problem.text} [{problem.cause}]", corrected=problem.correction is not None)
    entry.file.values |= non_empty
    if len(entry.file.wrong) > before or credential is None:
        return
    connection = Connection(
        name,
        **values,
        credential=credential,
        cloud=cloud,
        profile=profile,
        apis=apis,
        secret_expires=expires,
        expect=expect,
        ingestion=ingestion,
        **partners,
    )
    entry.file.connections.append((connection, entry.line("name")))


def _of_environment(entry: ConnectionTable) -> dict[str, str]:
    """Return the tenant, app and cloud from AKS's variables, for keys that are not in the file."""
    environ = entry.file.environ
    names = {"tenant_id": "AZURE_TENANT_ID", "client_id": "AZURE_CLIENT_ID"}
    from_environment = {key: environ[name] for key, name in names.items() if key not in entry.row and environ.get(name)}
    if authority := environ.get("AZURE_AUTHORITY_HOST", "").rstrip("/"):
        address = authority if "://" in authority else f"https://{authority}"
        there = [name for name, cloud in CLOUDS.items() if cloud.login == address.lower()]
        cloud = entry.row.get("cloud", there[0] if there else "")
        if cloud not in there:
            what = f"{describe(authority)}, which is the sign-in host of {' and '.join(there) or 'no cloud'}"
            entry.add_problem("cloud", f"cloud: AZURE_AUTHORITY_HOST is {what}")
        elif "cloud" not in entry.row:
            from_environment["cloud"] = there[0]
    return from_environment


def _name(entry: ConnectionTable, *, required: bool) -> str:
    """Return the connection's name, which is part of every output. The default is the name of its file."""
    name = _string(entry, "name", required=required) or entry.file.path.stem
    if shape_of(name) or hide(name) != name:
        entry.add_mismatch("name", name, "a name that may be shown")
    elif clean(name) != name or "\n" in name:
        entry.add_mismatch("name", name, "a text without control characters and without commands of CI systems")
    return name


def _string(entry: ConnectionTable, key: str, *, required: bool = True) -> str:
    value = entry.row.get(key)
    if value is None:
        misspelt = difflib.get_close_matches(key, [name for name in entry.row if name not in KEYS], 1, 0.8)
        if required and not misspelt:
            entry.add_problem(key, f"missing key {key!r}{comment_hint(entry, key)}")
        return ""
    if not isinstance(value, str):
        entry.add_mismatch(key, value, "a text in quotes")
        return ""
    if not value.strip():
        entry.add_mismatch(key, value, "a value")
    return value


def _choice(entry: ConnectionTable, key: str, default: str, choices: Sequence[str]) -> str:
    value = entry.row.get(key, default)
    if value not in choices if isinstance(value, str) else True:
        entry.add_mismatch(key, value, f"one of {', '.join(choices)}{did_you_mean(value, choices)}")
        return default
    return str(value)


def _apis(entry: ConnectionTable) -> tuple[str, ...] | None:
    """Return the APIs in the file, or None if it has none and the profile decides."""
    delegated = "customer_tenant_id" in entry.row
    value = entry.row.get("apis", list(OF_AZURE) if delegated else None)
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        entry.add_mismatch("apis", value, f"a list of {', '.join(USABLE)}")
        return USABLE
    for element in value:
        if element not in USABLE:
            entry.add_mismatch("apis", element, f"one of {', '.join(USABLE)}{did_you_mean(element, USABLE)}")
        elif delegated and element not in OF_AZURE:
            entry.add_problem(
                "apis",
                f"apis: found {element!r}, which answers for the provider's own tenant: Azure Lighthouse delegates"
                f" {' and '.join(OF_AZURE)} alone. It needs a connection of its own, with an app consented there",
            )
    return tuple(dict.fromkeys(element for element in value if element in USABLE))


def _compare_needs(
    entry: ConnectionTable,
    profile: Profile,
    needs: Needs,
    apis: Sequence[str] | None,
    cloud: Cloud,
    ingestion: Ingestion | None,
) -> None:
    """Add a problem if none of the connection's needs can be verified.

    This is so if the profile needs nothing, or needs a rule that is not in the file, or if the connection uses no API
    that its needs and its cloud have.
    """
    if needs.sends and ingestion is None:
        text = f"profile: {profile.name!r} needs [connection.ingestion] with rule and stream"
    elif not needs.apis and ingestion is None:
        text = f"profile: {profile.name!r} needs [connection.expect] with permissions, actions or routes"
    elif apis is not None and needs.apis and not needs.apis & set(apis):
        names = _and(needs.apis)
        if "apis" in entry.row:
            return entry.add_problem("apis", f"apis: found {', '.join(apis)}; profile {profile.name!r} needs {names}")
        text = f"profile: {profile.name!r} needs {names}, which Azure Lighthouse (customer_tenant_id) does not delegate"
    elif needs.apis and not any(APIS[api].audience in cloud.audiences for api in needs.apis):
        text = f"profile: {profile.name!r} needs {_and(needs.apis)}, which the cloud {cloud.name} does not have"
    else:
        return None
    return entry.add_problem("profile", text)


def _and(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _partners(entry: ConnectionTable) -> dict[str, str]:
    """Return the other tenant of a provider's connection, by its key; empty without one."""
    texts = {key: _string(entry, key, required=False) for key in PARTNERS if key in entry.row}
    for key, value in texts.items():
        if not value.strip():
            continue
        tenant_id = str(entry.row.get("tenant_id", ""))
        if problem := id_problem(key, value, f"the other tenant's id, {A_GUID}", tenant_id):
            entry.add_problem(key, problem.text, corrected=problem.correction is not None)
    if len(texts) > 1:
        entry.add_problem(
            PARTNERS[1],
            f"{' and '.join(PARTNERS)} exclude each other: one is for a subscription in another tenant, the other for"
            " an app from another tenant",
        )
    return texts


def _date(entry: ConnectionTable, key: str) -> date | None:
    value = entry.row.get(key)
    result = day(value)
    if value is not None and result is None:
        entry.add_mismatch(key, value, "a date such as 2027-03-01")
    return result


def _requirements(entry: ConnectionTable, key: str, value: object) -> Iterator[str]:
    """Yield the requirements in a list, each in its form for comparison."""
    what, read = LISTS[key]
    if not isinstance(value, list):
        entry.add_mismatch(f"expect.{key}", value, f"a list of {what}")
        return
    for text in value:
        if not isinstance(text, str):
            entry.add_mismatch(f"expect.{key}", text, f"a text, one of {what}")
            continue
        try:
            yield str(read(text))
        except RequirementError as error:
            entry.add_mismatch(f"expect.{key}", text, str(error))


def _expect(entry: ConnectionTable) -> Expect:
    row = entry.row.get("expect", {})
    if not isinstance(row, dict):
        entry.add_mismatch("expect", row, "a table")
        return Expect()
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in EXPECT:
            hint = "; it belongs above, in [connection]" if key in KEYS else did_you_mean(key, EXPECT)
            entry.add_problem(f"expect.{key}", f"unknown key {describe(key)}{hint}")
        elif key in LISTS:
            values[key] = tuple(_requirements(entry, key, value))
        elif key.endswith("_days"):
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100_000:
                values[key] = value
            else:
                entry.add_mismatch(f"expect.{key}", value, "a whole number of days")
        elif isinstance(value, str):
            try:
                values[key] = duration(value)
            except DurationError as error:
                entry.add_problem(f"expect.{key}", f"expect.{key}: {error}")
        else:
            entry.add_mismatch(f"expect.{key}", value, "a duration such as 7d, 12h or 30m")
    return Expect(**values)


def _endpoints() -> Iterable[Endpoint[Any]]:
    """Return all operations. Their shapes are loaded only if a file names routes."""
    from conformance.apis import ENDPOINTS

    return ENDPOINTS.values()
