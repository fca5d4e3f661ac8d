"""The shapes of an app in the directory: its registration, its service principal, and its consents.

Members that are not in ``$select`` are absent, so only the members of every request are required: ``id`` and ``appId``.
No shape contains key material or a secret.

Source: https://learn.microsoft.com/graph/api/resources/application, serviceprincipal, approleassignment.
"""

from __future__ import annotations

from conformance.apis.shape import Shape, Timestamp


class ResourceAccess(Shape, frozen=True, kw_only=True):
    """One requested permission. ``type`` is Role for an application permission, Scope for a delegated one."""

    id: str
    type: str


class RequiredResourceAccess(Shape, frozen=True, kw_only=True):
    """The permissions that an app requests of one resource, which is identified by its app id."""

    resource_app_id: str
    resource_access: list[ResourceAccess]


class PasswordCredential(Shape, frozen=True, kw_only=True):
    """A client secret, without the secret; ``hint`` is its first three characters, ``key_id`` the secret's ID."""

    custom_key_identifier: str | None = None
    display_name: str | None = None
    end_date_time: Timestamp | None = None
    hint: str | None = None
    key_id: str | None = None
    start_date_time: Timestamp | None = None


class KeyCredential(Shape, frozen=True, kw_only=True):
    """A certificate, without its key; ``custom_key_identifier`` is usually its thumbprint."""

    custom_key_identifier: str | None = None
    display_name: str | None = None
    end_date_time: Timestamp | None = None
    key_id: str | None = None
    start_date_time: Timestamp | None = None
    type: str | None = None
    usage: str | None = None


class Application(Shape, frozen=True, kw_only=True):
    """An app registration: its requested permissions, and the ends of its credentials."""

    id: str
    app_id: str
    display_name: str | None = None
    key_credentials: list[KeyCredential] | None = None
    password_credentials: list[PasswordCredential] | None = None
    required_resource_access: list[RequiredResourceAccess] | None = None
    sign_in_audience: str | None = None


class AppRoleDefinition(Shape, frozen=True, kw_only=True):
    """An app role that a resource offers; ``value`` is the name that tokens carry in ``roles``."""

    id: str
    allowed_member_types: list[str] | None = None
    display_name: str | None = None
    is_enabled: bool | None = None
    value: str | None = None


class AppRoleAssignment(Shape, frozen=True, kw_only=True):
    """A consented application permission: ``app_role_id`` of the resource's service principal ``resource_id``."""

    id: str
    app_role_id: str
    principal_id: str
    resource_id: str
    created_date_time: Timestamp | None = None
    principal_display_name: str | None = None
    principal_type: str | None = None
    resource_display_name: str | None = None
