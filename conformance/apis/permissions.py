"""API permissions that a connection may need: the resources, and the ids of their app roles.

Administrators see names, but the commands that add a permission need GUIDs. Microsoft publishes the ids for Microsoft
Graph; those of the other resources were read from service principals by several independent parties. Public scripts mix
up the ids of Defender for Endpoint, so compare permissions by name and use these ids only to request them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of a resource. ``application`` is the id of its app role; None if it exists only as delegated."""

    name: str
    application: str | None
    delegated: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An API as a resource in Entra. ``name`` is its name in the portal; ``audiences`` are possible ``aud`` claims of
    its tokens.
    """

    api: str
    name: str
    app_id: str
    audiences: tuple[str, ...]
    permissions: Mapping[str, Permission] = field(default_factory=dict)

    def application_id(self, role: str) -> str | None:
        """Return the id of an app role by its name; None if it is not in this table or exists only as delegated."""
        permission = self.permissions.get(role)
        return permission.application if permission else None


def _permissions(*rows: tuple[str, str | None, str | None]) -> Mapping[str, Permission]:
    return MappingProxyType({row[0]: Permission(*row) for row in rows})


# Evidence: Microsoft's own permission metadata.
_GRAPH = Resource(
    "graph",
    "Microsoft Graph",
    "00000003-0000-0000-c000-000000000000",
    (
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
    _permissions(
        ("SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5", "bc257fb8-46b4-4b15-8713-01e91bfbe4ea"),
        ("SecurityAlert.ReadWrite.All", "ed4fca05-be46-441f-9803-1873825f8fdb", "471f2a7f-2a42-4d45-a2bf-594d0838070d"),
        ("SecurityIncident.Read.All", "45cc0394-e837-488b-a098-1918f48d186c", "b9abcc4f-94fc-4457-9141-d20ce80ec952"),
        (
            "SecurityIncident.ReadWrite.All",
            "34bf0e97-1971-4929-b999-9e2442d941d7",
            "128ca929-1a19-45e6-a3b8-435ec44a36ba",
        ),
        ("SecurityEvents.Read.All", "bf394140-e372-4bf9-a898-299cfc7564e5", "64733abd-851e-478a-bffb-e47a14b18235"),
        (
            "SecurityEvents.ReadWrite.All",
            "d903a879-88e0-4c09-b0c9-82f6a1333f84",
            "6aedf524-7e1c-45a7-bd76-ded8cab8d0fc",
        ),
        ("ThreatHunting.Read.All", "dd98c7f5-2d42-42d3-a0e4-633161547251", "b152eca8-ea73-4a48-8c98-1a6742673d99"),
        ("SecurityActions.Read.All", "5e0edab9-c148-49d0-b423-ac253e121825", "1638cddf-07a4-4de2-8645-69c96cacad73"),
        ("ThreatIndicators.Read.All", "197ee4e9-b993-4066-898f-d6aecc55125b", "9cc427b4-2004-41c5-aa22-757b755e9796"),
        ("ThreatIntelligence.Read.All", "e0b77adb-e790-44a3-b0a0-257d06303687", "f266d9c0-ccb9-4fb8-a228-01ac0d8d6627"),
        ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "c79f8feb-a9db-4090-85f9-90d820caa0eb"),
        ("Application.ReadWrite.OwnedBy", "18a4783c-866b-4cc7-a460-3d5e5662c884", None),
        ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "06da0dbc-49e2-44d2-8312-53f166ab848a"),
        ("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", None),
        ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", None),
        ("ThreatIndicators.ReadWrite.OwnedBy", "21792b6c-c986-4ffc-85de-df9da54b52fa", None),
        ("AttackSimulation.Read.All", "93283d0a-6322-4fa8-966b-8c121624760d", None),
        ("DeviceManagementApps.Read.All", "7a6ee1e7-141e-4cec-ae74-d9db155731ff", None),
        ("DeviceManagementManagedDevices.Read.All", "2f51be20-0bb4-4fed-bf7b-db946066c75e", None),
        ("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca", None),
        ("Mail.Read", "810c84a8-4a9e-49e6-bf7d-12d183f40d01", None),
        ("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7", None),
    ),
)

# Evidence: coherent public lists read from the service principal; not Microsoft's metadata.
_DEFENDER = Resource(
    "defender",
    "WindowsDefenderATP",
    "fc780465-2017-40d4-a0c5-307022471b92",
    (
        "https://api.securitycenter.microsoft.com",
        "https://securitycenter.onmicrosoft.com/windowsatpservice",
        "https://api.securitycenter.windows.com",
        "https://api-gcc.securitycenter.microsoft.us",
        "https://api-gov.securitycenter.microsoft.us",
    ),
    _permissions(
        ("Machine.Read.All", "ea8291d3-4b9a-44b5-bc3a-6cea3026dc79", "fbd3d33a-b1f5-4573-906c-51b39682fbcf"),
        ("Machine.ReadWrite.All", "aa027352-232b-4ed4-b963-a705fc4d6d2c", "f6846c57-9e3c-4a65-81aa-2f5e09ff4f0b"),
        ("Alert.Read.All", "71fe6b80-7034-4028-9ed8-0f316df9c3ff", "b2069dc0-9fe9-4e6d-9aca-ccf3dd503819"),
        ("Alert.ReadWrite.All", "0f7000ec-157b-497f-b70e-ef0b0584f140", "cbc3b413-21e6-416d-95a4-af87687efbd0"),
        ("AdvancedQuery.Read.All", "93489bf5-0fbc-4f2d-b901-33f2fe08ff05", "1fb6e712-1bd9-4184-b1c0-5e71e759196b"),
        ("Vulnerability.Read.All", "41269fc5-d04d-4bfd-bce7-43a51cea049a", "63a677ce-818c-4409-9d12-5c6d2e2a6bfe"),
        ("Software.Read.All", "37f71c98-d198-41ae-964d-2c49aab74926", "5f216ada-3f51-4a22-ace5-06b198328476"),
        ("Score.Read.All", "02b005dd-f804-43b4-8fc7-078460413f74", "df4ed126-3a4c-460a-b0fc-67aea84fc332"),
        (
            "SecurityRecommendation.Read.All",
            "6443965c-7dd2-4cfd-b38f-bb7772bee163",
            "1ab96238-1253-4059-a32f-4087f20ed65d",
        ),
        ("SecurityBaselinesAssessment.Read.All", "e870c0c1-c1a2-41ca-948e-a33912d2d3f0", None),
        ("Ti.Read.All", "528ca142-c849-4a5b-935e-10b8b9c38a84", None),
        ("Ti.ReadWrite.All", "fc511a58-3adf-4d71-af24-00f13e35e479", None),
        ("User.Read.All", "a833834a-4cf1-4732-8acf-bbcfa13fb610", None),
        ("File.Read.All", "8788f1a9-beca-4e26-ba58-10513f3b896f", None),
        ("Ip.Read.All", "47bf842d-354b-49ef-b741-3a6dd815bc13", None),
        ("Url.Read.All", "721af526-ffa8-42d7-9b84-1a56244dd99d", None),
        ("Ti.ReadWrite", "a8bc2240-f96a-46a1-bad5-6a960b7327a1", None),
        ("Machine.CollectForensics", "15405ab2-2103-4a3c-ad80-e829841cedcc", None),
        ("Machine.Isolate", "7e4e1300-e1b9-4102-88ba-f0cb6e6d5974", None),
        ("Machine.LiveResponse", "1629b959-c0af-42a1-92f0-f6162060bdf1", None),
        ("Machine.RestrictExecution", "96b6b35d-074d-4e2d-b167-8d68d9269648", None),
        ("Machine.Scan", "a86d9824-b2b6-45f8-b042-16bc4922ed4e", None),
        ("Machine.StopAndQuarantine", "96e72b5e-7e68-4171-aad1-3937599e4751", None),
    ),
)

_DEFENDER_XDR = Resource(
    "defender_xdr",
    "Microsoft Threat Protection",
    "8ee8fdad-f234-4243-8f3b-15c294843740",
    (
        "https://api.security.microsoft.com",
        "https://api-gcc.security.microsoft.us",
        "https://api-gov.security.microsoft.us",
    ),
    _permissions(
        ("Incident.Read.All", "a9790345-4595-42e4-971a-ccdc79f19b7c", None),
        ("AdvancedHunting.Read.All", "7734e8e5-8dde-42fc-b5ae-6eafea078693", None),
        ("CustomDetections.ReadWrite.All", "a7deff90-e2f5-4e4e-83a3-2c74e7002e28", None),
    ),
)

_LOG_ANALYTICS = Resource(
    "log_analytics",
    "Log Analytics API",
    "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
    ("https://api.loganalytics.io", "https://api.loganalytics.us", "https://api.loganalytics.azure.cn"),
    _permissions(("Data.Read", "e8f6e161-84d0-4cd7-9441-2d46ec9ec3d5", None)),
)

# Azure Resource Manager has no relevant app role: access is by Azure RBAC alone.
_ARM = Resource(
    "arm",
    "Azure Service Management",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    (
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    ),
    _permissions(("user_impersonation", None, "41094075-9dad-400e-a0bd-54e686782033")),
)

RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {resource.api: resource for resource in (_GRAPH, _DEFENDER, _DEFENDER_XDR, _LOG_ANALYTICS, _ARM)}
)
"""The resources by API name, in the order in which they are searched for an app-role name without a resource."""


def resource_of(name: str) -> Resource | None:
    """Return the resource with an API name, an app id, an audience (with or without ``/.default``) or a portal name;
    None if unknown.
    """
    key = name.strip().lower().removesuffix("/.default").rstrip("/")
    for resource in RESOURCES.values():
        if key in (resource.api, resource.app_id, resource.name.lower(), *resource.audiences):
            return resource
    return None


def permission_of(id: str) -> Permission | None:
    """Return the permission with the id of an app role or of a delegated scope, or None if unknown."""
    key = id.lower()
    for resource in RESOURCES.values():
        for permission in resource.permissions.values():
            if key in (permission.application, permission.delegated):
                return permission
    return None


def by_resource(roles: Iterable[str], api: str | None = None) -> tuple[tuple[Resource, tuple[str, ...]], ...]:
    """Return app role names grouped by resource. If several resources share a name, ``api`` is preferred.

    Names that no resource in this table has are left out.
    """
    preferred = RESOURCES.get(api or "")
    grouped: dict[str, list[str]] = {}
    for role in roles:
        for resource in (preferred, *RESOURCES.values()):
            if resource is not None and resource.application_id(role):
                grouped.setdefault(resource.api, []).append(role)
                break
    return tuple((RESOURCES[name], tuple(names)) for name, names in grouped.items())
