"""Azure Resource Manager of the virtual tenant: filters of its lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.apis import arm
from conformance.apis.action_roles import READER_ROLE as READER
from conformance.fakes.state.roles import RoleDefinition
from tests.fakes.azure_world import AzureWorld

CUSTOM = RoleDefinition("00000000-0000-4000-8000-00000000000c", "Own Role", ("*/read",), custom=True)


@pytest.mark.parametrize(
    ("option", "names"),
    [
        (f"roleName eq '{READER}'", [READER]),
        ("roleName eq 'own role'", ["Own Role"]),
        ("type eq 'CustomRole'", ["Own Role"]),
        (f"atScopeAndBelow() and type eq 'BuiltInRole' and roleName eq '{READER}'", [READER]),
        ("roleName eq 'Nobody'", []),
    ],
)
def test_role_definitions_by_name_or_type(option: str, names: list[str]) -> None:
    azure = AzureWorld()
    azure.tenant.custom_roles.append(CUSTOM)
    ask = replace(arm.ROLE_DEFINITIONS.ask(), query={"$filter": option})
    assert [item["properties"]["roleName"] for item in azure.put(ask).json()["value"]] == names
