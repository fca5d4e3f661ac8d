"""Microsoft Graph's applications: app registrations, their secrets and federated credentials."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import httpx

from conformance.apis import graph
from conformance.fakes.services.graph import refuse
from conformance.fakes.services.graph_directory import (
    WRITE_APPS,
    apps_of,
    directory_operation,
    entity_response,
    listed,
    no_content,
)
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.state import directory
from conformance.fakes.state.tenant import App, ClientSecret
from conformance.fakes.state.timeline import stable_id

APPS = "/v1.0/applications"
LIST_APPS = directory_operation("applications", "GET", APPS, "application-list", graph.READ_DIRECTORY)
GET_APP = directory_operation("application_by_id", "GET", APPS + "/{id}", "application-get", graph.READ_DIRECTORY)
ADD_PASSWORD = directory_operation(
    "add_password", "POST", APPS + "/{id}/addPassword", "application-addpassword", WRITE_APPS
)
REMOVE_PASSWORD = directory_operation(
    "remove_password", "POST", APPS + "/{id}/removePassword", "application-removepassword", WRITE_APPS
)
FEDERATED = directory_operation(
    "federated_credentials", "GET", APPS + "/{id}/federatedIdentityCredentials",
    "application-list-federatedidentitycredentials", graph.READ_DIRECTORY,
)  # fmt: skip


def _app(call: Call) -> App | None:
    app_key = call.path["id"].lower()
    return next((app for app in apps_of(call) if app.registration_id.lower() == app_key), None)


@answers(LIST_APPS, "documented", LIST_APPS.source)
def applications(call: Call) -> httpx.Response:
    """Return all app registrations of the tenant, filtered."""
    return listed(call, "applications", map(directory.application, apps_of(call)))


@answers(GET_APP, "documented", GET_APP.source)
def application(call: Call) -> httpx.Response:
    """Return an app registration by its id, or 404."""
    app = _app(call)
    return (
        entity_response(call, 200, "applications/$entity", directory.application(app))
        if app
        else refuse(call, "not-found")
    )


@answers(FEDERATED, "documented", FEDERATED.source)
def federated_credentials(call: Call) -> httpx.Response:
    """Return the federated credentials of an app registration, or 404."""
    app = _app(call)
    if app is None:
        return refuse(call, "not-found")
    bodies = [
        {
            "id": stable_id("federated", app.client_id, credential.issuer, credential.subject),
            "name": f"connection-{number}",
            "issuer": credential.issuer,
            "subject": credential.subject,
            "audiences": [credential.audience],
        }
        for number, credential in enumerate(app.federated, 1)
    ]
    return entity_response(call, 200, "federatedIdentityCredentials", {"value": bodies})


@answers(ADD_PASSWORD, "documented", ADD_PASSWORD.source)
def add_password(call: Call) -> httpx.Response:
    """Add a secret, valid for two years by default. Only this answer contains its value."""
    app, properties = _app(call), (call.json or {}).get("passwordCredential") or {}
    if app is None:
        return refuse(call, "not-found")
    now = call.tenant.clock.service_now()
    ends = _time(properties.get("endDateTime")) or now + timedelta(days=730)
    secret = ClientSecret(secrets.token_urlsafe(30), stable_id("key", app.client_id, now, len(app.secrets)), ends, now)
    app.secrets.append(secret)
    return entity_response(
        call,
        200,
        "microsoft.graph.passwordCredential",
        {
            "customKeyIdentifier": None,
            "displayName": properties.get("displayName"),
            "keyId": secret.key_id,
            "hint": secret.value[:3],
            "secretText": secret.value,
            "startDateTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "endDateTime": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        },
    )


def _time(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@answers(REMOVE_PASSWORD, "documented", REMOVE_PASSWORD.source)
def remove_password(call: Call) -> httpx.Response:
    """Remove a client secret by its key id; 404 if it does not exist."""
    app, key = _app(call), (call.json or {}).get("keyId")
    if app is None or key not in [secret.key_id for secret in app.secrets]:
        return refuse(call, "not-found")
    app.secrets = [secret for secret in app.secrets if secret.key_id != key]
    return no_content(call)
