"""API permissions: their names and ids."""

from __future__ import annotations

import re

import pytest

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import AppRole
from conformance.apis.permissions import RESOURCES, by_resource, resource_of

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_every_id_is_a_guid_and_belongs_to_one_permission() -> None:
    ids = [id for r in RESOURCES.values() for p in r.permissions.values() for id in (p.application, p.delegated) if id]
    assert all(GUID.fullmatch(id) for id in ids)
    assert len(ids) == len(set(ids))


def test_a_resource_is_found_by_any_of_its_names() -> None:
    for name in (
        "defender",
        "fc780465-2017-40d4-a0c5-307022471b92",
        "https://api.securitycenter.microsoft.com/.default",
        "https://api.securitycenter.microsoft.com/",
        "WindowsDefenderATP",
    ):
        assert resource_of(name) is RESOURCES["defender"]
    assert resource_of("https://example.com") is None


def test_hosts_of_the_two_defender_apis_are_distinguished() -> None:
    xdr = resource_of("https://api.security.microsoft.com/.default")
    assert xdr is not None
    assert xdr.api == "defender_xdr"


def test_an_operation_is_opened_by_the_permission_that_writes_too(subtests: pytest.Subtests) -> None:
    """The page of each operation lists both; the checks of permissions accept the ReadWrite one instead."""
    for endpoint in ENDPOINTS.values():
        if not isinstance(endpoint.needs, AppRole):
            continue
        writing = endpoint.needs.name.replace(".Read.", ".ReadWrite.")
        with subtests.test(endpoint=endpoint.name):
            exists = writing in RESOURCES[endpoint.api.name].permissions
            assert not exists or writing in endpoint.needs.any_of


def test_azure_resource_manager_has_no_application_permission() -> None:
    assert RESOURCES["arm"].application_id("user_impersonation") is None


def test_roles_are_grouped_by_their_resource() -> None:
    groups = by_resource(["SecurityAlert.Read.All", "Machine.Read.All", "Alert.Read.All", "No.Such.Role"])
    assert [(resource.api, roles) for resource, roles in groups] == [
        ("graph", ("SecurityAlert.Read.All",)),
        ("defender", ("Machine.Read.All", "Alert.Read.All")),
    ]
