"""The app of a tenant in Microsoft Graph's directory: its registration, its service principal, its consents.

As in the real directory, the value of a secret is never returned, only its first three characters as ``hint``.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from conformance.apis.permissions import Permission, resource_of
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.state.tenant import App, ClientSecret, Consent, Tenant
from conformance.fakes.state.timeline import stable_id


def application(app: App) -> dict[str, Any]:
    """Return an app registration."""
    return {
        "id": app.registration_id,
        "appId": app.client_id,
        "displayName": app.name,
        "signInAudience": "AzureADMyOrg",
        "passwordCredentials": [_secret(secret) for secret in app.secrets],
        "keyCredentials": [_certificate(certificate) for certificate in app.certificates],
        "requiredResourceAccess": [
            {
                "resourceAppId": app_id,
                "resourceAccess": [
                    {"id": permission_id(app_id, name, kind), "type": kind} for name, kind in permissions
                ],
            }
            for app_id, permissions in app.requested.items()
        ],
    }


def service_principal(tenant: Tenant, app: App) -> dict[str, Any]:
    """Return an app with its current state in the tenant."""
    return {
        "id": app.service_principal_id,
        "appId": app.client_id,
        "accountEnabled": app.enabled,
        "addIns": [],
        "alternativeNames": [],
        "displayName": app.name,
        "appDisplayName": app.name,
        "appOwnerOrganizationId": tenant.id,
        "appRoleAssignmentRequired": False,
        "appRoles": [],
        "disabledByMicrosoftStatus": None,
        "homepage": None,
        "info": dict.fromkeys(("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")),
        "logoutUrl": None,
        "oauth2PermissionScopes": [],
        "replyUrls": [],
        "servicePrincipalNames": [app.client_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": [],
        "passwordCredentials": [],
        "tags": [],
        "tokenEncryptionKeyId": None,
    }


def app_role_assignments(tenant: Tenant, app: App) -> list[dict[str, Any]]:
    """Return the consents of an app up to now, one assignment per application permission."""
    now = tenant.clock.service_now()
    return [_assignment(tenant, app, consent) for consent in app.consents if consent.granted <= now]


def permission_id(resource_app_id: str, name: str, kind: str = "Role") -> str:
    """Return the GUID of a permission: of the app role (``Role``) or of the delegated permission (``Scope``).

    A permission that is not in the table of permissions gets a made-up id, always the same.
    """
    resource = resource_of(resource_app_id)
    permission = resource.permissions.get(name, Permission(name, None)) if resource else Permission(name, None)
    identifier = permission.application if kind == "Role" else permission.delegated
    return identifier or stable_id("permission", resource_app_id, name, kind)


def _assignment(tenant: Tenant, app: App, consent: Consent) -> dict[str, Any]:
    resource = tenant.resources.get(consent.resource_app_id)
    return {
        "id": stable_id("consent", app.client_id, consent.resource_app_id, consent.role),
        "appRoleId": permission_id(consent.resource_app_id, consent.role),
        "createdDateTime": _moment(consent.granted),
        "deletedDateTime": None,
        "principalDisplayName": app.name,
        "principalId": app.service_principal_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource.name if resource else None,
        "resourceId": stable_id("resource", tenant.id, consent.resource_app_id),
    }


def _secret(secret: ClientSecret) -> dict[str, Any]:
    return {
        "customKeyIdentifier": None,
        "displayName": "connection",
        "hint": secret.value[:3],
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": _moment(secret.starts),
        "endDateTime": _moment(secret.ends),
    }


def _certificate(credential: KeyCredential) -> dict[str, Any]:
    return {
        "customKeyIdentifier": base64.b64encode(credential.sha1).decode(),
        "displayName": credential.subject,
        "key": None,
        "keyId": credential.key_id,
        "startDateTime": _moment(credential.starts),
        "endDateTime": _moment(credential.ends),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
