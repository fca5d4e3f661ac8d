"""Hygiene: things that work today but will stop working soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from conformance.apis import ENDPOINTS
from conformance.apis.entra import OpenIdConfiguration
from conformance.apis.graph import Application, KeyCredential, PasswordCredential
from conformance.apis.limits import COUNTED
from conformance.checks.announcements import SOON
from conformance.checks.expect import NotConfigured, fail, not_applicable
from conformance.checks.registry import check
from conformance.connection import ClientSecret, Connection, FederatedToken, ManagedIdentity
from conformance.connection.credential import Credential
from conformance.probing.evidence import Answer, Evidence, Refusal


@check("HYG-001", "the credential does not end soon", level="should", owns=("secret_expires_soon",))
def test_credential_end(connection: Connection, discovery: Answer[OpenIdConfiguration], application: Evidence) -> None:
    """The end comes from the app's registration if Graph may be used, else from ``secret_expires`` of the connection
    file.
    """
    if isinstance(connection.credential, FederatedToken):
        not_applicable("a federated credential has no end")
    if isinstance(connection.credential, ManagedIdentity):
        not_applicable("Azure keeps a managed identity's credential, and renews it")
    now = discovery.exchange.date or discovery.exchange.received
    ends = _registered_end(application, connection.credential) or connection.secret_expires
    if ends is None:
        raise NotConfigured("secret_expires")
    assert now is not None
    days = (ends - now.date()).days
    if days <= connection.expect.min_secret_days:
        when = f"in {days} days, on {ends}" if days >= 0 else f"on {ends} by the connection file, which is past"
        fail(
            f"The credential ends {when}.",
            "secret_expires_soon",
            facts={**connection.facts(), "secret_end_date": str(ends)},
        )


def _registered_end(application: Evidence, credential: Credential) -> date | None:
    """Return the end of the credential in use. A secret is found by its hint (its first three characters). For several
    matches, a certificate, or a secret without a match, the latest end counts.
    """
    if not isinstance(application, Answer):
        return None
    registration: Application = application.data
    credentials: Sequence[PasswordCredential | KeyCredential] = registration.key_credentials or ()
    if isinstance(credential, ClientSecret):
        secrets = registration.password_credentials or ()
        starts = {secret.reveal()[:3] for secret in credential.secrets}
        credentials = [secret for secret in secrets if secret.hint in starts] or secrets
    ends = [registered.end_date_time for registered in credentials if registered.end_date_time is not None]
    return max(ends).date() if ends else None


RESERVE = 0.1
BUCKET = COUNTED["arm"].limits[0].requests


@check("HYG-002", "there is room under the services' rate limits", level="should", owns=("throttled:headroom",))
def test_headroom(
    workspace: Evidence,
    incidents: Evidence,
    alert_rules: Evidence,
    query_print: Evidence,
    graph_alerts: Evidence,
    machines: Evidence,
    automation_rules: Evidence,
    data_connectors: Evidence,
    watchlists: Evidence,
) -> None:
    """No request was answered only after 429, and Azure's rate limit headers show enough remaining reads."""
    items = [
        item
        for item in (
            workspace,
            incidents,
            alert_rules,
            query_print,
            graph_alerts,
            machines,
            automation_rules,
            data_connectors,
            watchlists,
        )
        if isinstance(item, Answer | Refusal) and item.exchange is not None
    ]
    if not items:
        not_applicable("nothing was sent")
    slowed = [item for item in items if item.exchange and item.exchange.throttled]
    if slowed:
        times = sum(item.exchange.throttled for item in slowed if item.exchange)
        fail(
            f"The services asked {times} times to slow down (429): {', '.join(sorted(item.probe for item in slowed))}."
            " The limits are shared by everything that signs in as this app.",
            "throttled",
            about="headroom",
        )
    for item in items:
        rest = item.headers.get("x-ms-ratelimit-remaining-subscription-reads", "")
        if rest.isdecimal() and int(rest) < RESERVE * BUCKET:
            fail(
                f"Azure lets this app read {rest} more times right now, of {BUCKET}.",
                "throttled",
                about="headroom",
            )


@check("HYG-003", "nothing that the connection uses is about to be retired", level="should", owns=("api_retires_soon",))
def test_retirements(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> None:
    """No operation that the connection uses has an announced end within 180 days. MDE-004 judges Defender's
    operations.
    """
    now = discovery.exchange.date or discovery.exchange.received
    assert now is not None
    ending = [
        (endpoint.retires, endpoint.name)
        for endpoint in ENDPOINTS.values()
        if endpoint.retires
        and connection.uses(endpoint.api.name)
        and endpoint.api.name != "defender"
        and now.date() < endpoint.retires <= now.date() + SOON
    ]
    if ending:
        when, what = min(ending)
        fail(f"{what} ends on {when}.", "api_retires_soon", about="calendar")
