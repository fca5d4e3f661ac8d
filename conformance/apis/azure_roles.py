"""The shapes of Azure's role-based access control: permissions, roles, principals, scopes."""

from __future__ import annotations

from conformance.apis.azure_resources import Resource
from conformance.apis.shape import Shape, Timestamp


class Permissions(Shape, frozen=True, kw_only=True):
    """The actions that a grant or a role allows: ``actions`` minus ``not_actions``, wildcards included."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class RoleAssignmentProperties(Shape, frozen=True, kw_only=True):
    role_definition_id: str
    principal_id: str
    scope: str
    principal_type: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    description: str | None = None
    delegated_managed_identity_resource_id: str | None = None
    created_on: Timestamp | None = None
    updated_on: Timestamp | None = None
    created_by: str | None = None
    updated_by: str | None = None


class Principal(Shape, frozen=True, kw_only=True):
    """A principal in a deny assignment. ``type`` is User, Group, ServicePrincipal or SystemDefined (all principals)."""

    id: str
    type: str | None = None


class DeniedPermissions(Shape, frozen=True, kw_only=True):
    """The actions that a deny assignment denies: ``actions`` minus ``not_actions``."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class DenyAssignmentProperties(Shape, frozen=True, kw_only=True):
    scope: str | None = None
    permissions: tuple[DeniedPermissions, ...] = ()
    principals: tuple[Principal, ...] = ()
    exclude_principals: tuple[Principal, ...] = ()
    deny_assignment_name: str | None = None
    description: str | None = None
    do_not_apply_to_child_scopes: bool | None = None
    is_system_protected: bool | None = None


class DenyAssignment(Resource, frozen=True, kw_only=True):
    """Actions that are denied to principals at a scope, regardless of their roles."""

    properties: DenyAssignmentProperties


class RoleAssignment(Resource, frozen=True, kw_only=True):
    """The assignment of a role to a principal at a scope. ``principal_id`` is an object id, never a client id."""

    properties: RoleAssignmentProperties


class RoleDefinitionProperties(Shape, frozen=True, kw_only=True):
    """The name and permissions of a role. ``type`` is BuiltInRole or CustomRole."""

    role_name: str
    type: str | None = None
    permissions: tuple[Permissions, ...]
    description: str | None = None
    assignable_scopes: tuple[str, ...] | None = None
    created_on: Timestamp | None = None
    updated_on: Timestamp | None = None
    created_by: str | None = None
    updated_by: str | None = None


class RoleDefinition(Resource, frozen=True, kw_only=True):
    """A role: its name and its permissions. ``name`` of the resource is the role's GUID."""

    properties: RoleDefinitionProperties
