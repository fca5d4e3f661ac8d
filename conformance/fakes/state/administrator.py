"""The administrator that every virtual tenant has: a service principal with all rights, for trying fixes."""

from __future__ import annotations

from datetime import timedelta

from conformance.fakes.state.tenant import GRAPH_APP, App, ClientSecret, Consent, Tenant
from conformance.fakes.state.timeline import stable_id

GRAPH_ROLES = ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "Directory.Read.All")


def client_id_of(tenant_id: str) -> str:
    """Return the administrator's client id in the tenant with this id."""
    return stable_id("administrator", tenant_id)


def secret_of(tenant_id: str) -> str:
    """Return the administrator's client secret in that tenant."""
    return stable_id("administrator's secret", tenant_id)


def administrator(tenant: Tenant) -> App:
    """Return the administrator's app. Its ids and its secret follow from the tenant's id, and are accepted
    nowhere else.
    """
    now = tenant.clock.service_now()
    client_id = client_id_of(tenant.id)
    return App(
        client_id=client_id,
        name="administrator",
        registration_id=stable_id("registration", client_id),
        service_principal_id=stable_id("service principal", client_id),
        secrets=[
            ClientSecret(
                secret_of(tenant.id),
                stable_id("key", client_id),
                now + timedelta(days=3650),
                now - timedelta(days=30),
            )
        ],
        consents=[Consent(GRAPH_APP, role, now - timedelta(days=30)) for role in GRAPH_ROLES],
    )
