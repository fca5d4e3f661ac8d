"""The least role for each action, compared with the definitions of the built-in roles."""

from __future__ import annotations

import pytest

from conformance.apis.action_roles import LADDER, READ_EVERYTHING, role_for, role_for_all
from conformance.apis.action_roles import gives as is_said_to_give
from conformance.apis.published_actions import PUBLISHED_ACTIONS
from conformance.fakes.state.roles import BUILT_IN, RoleDefinition, allows


def gives(role: RoleDefinition, action: str) -> bool:
    return allows(role.actions, action) and not allows(role.not_actions, action)


def test_each_role_gives_its_action_and_no_lesser_sentinel_role_gives_it(subtests: pytest.Subtests) -> None:
    for action in sorted(PUBLISHED_ACTIONS):
        with subtests.test(action=action):
            role = role_for(action)
            assert gives(BUILT_IN[role], action)
            lesser = LADDER[: LADDER.index(role)] if role in LADDER else LADDER
            assert not any(gives(BUILT_IN[other], action) for other in lesser)


def test_documented_roles_give_their_action(subtests: pytest.Subtests) -> None:
    assert {name for name, role in BUILT_IN.items() if {"*", "*/read"} & set(role.actions)} == READ_EVERYTHING
    for action in sorted(PUBLISHED_ACTIONS):
        with subtests.test(action=action):
            for role in (*LADDER, *READ_EVERYTHING):
                assert not is_said_to_give(role, action) or gives(BUILT_IN[role], action), role


def test_the_role_for_several_actions_is_the_greatest_of_their_roles() -> None:
    update, indicator = (
        "Microsoft.SecurityInsights/incidents/write",
        "Microsoft.SecurityInsights/threatIntelligence/write",
    )
    assert role_for_all([]) == "Microsoft Sentinel Reader"
    assert role_for_all([update]) == "Microsoft Sentinel Responder"
    assert role_for_all([update, indicator]) == "Microsoft Sentinel Contributor"
    assert role_for_all(["Microsoft.SecurityInsights/incidents/read"], "Log Analytics Reader") == "Log Analytics Reader"
    assert role_for("Microsoft.Contoso/things/write") == "<a role with Microsoft.Contoso/things/write>"
