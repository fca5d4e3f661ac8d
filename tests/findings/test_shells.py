"""Each command of each cause passes the same words to its program in bash, PowerShell and cmd.exe."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis.actions import covers
from conformance.fakes.state.roles import BUILT_IN
from conformance.findings import CAUSES, finding
from conformance.findings.command import Step, verbs
from conformance.findings.shell import UNSAFE, join, powershell
from tests.findings.findings_facts import FACTS
from tests.findings.shells import in_bash, in_cmd, in_powershell

GROUPS = ("rg-soc", "rg.soc_(prod)", "rg soc (prod)")


@cache
def steps() -> list[tuple[str, Step]]:
    """Return the steps of all causes, also for group names with characters that a shell may interpret."""
    return [
        (cause, step)
        for group in GROUPS
        for cause in CAUSES
        for step in finding(cause, facts={**FACTS, "resource_group": group}).fix.steps
    ]


def test_every_command_is_the_same_in_bash_powershell_and_cmd(subtests: pytest.Subtests) -> None:
    lines = list(dict.fromkeys(step.command for _, step in steps()))
    words = dict(zip(lines, in_bash(lines), strict=True))
    for cause, step in steps():
        with subtests.test(cause, command=step.command):
            typed = words[step.command]
            if "powershell" in step.shells and typed[0] != "az":
                continue  # another program: only its presence is tested
            assert in_powershell(step.shells.get("powershell", step.command)) == typed
            if "$(" in step.command:
                assert step.shells["cmd"].startswith("for /f %i in ('az ")
            elif typed[0] == "az":
                assert in_cmd(step.shells.get("cmd", step.command)) == typed


def test_every_undo_command_can_be_run() -> None:
    lines = [step.undo for _, step in steps() if step.undo]
    assert all(words[0] == "az" and "{" not in " ".join(words) for words in in_bash(list(dict.fromkeys(lines))))


def test_every_granting_command_states_its_role_and_its_undo(subtests: pytest.Subtests) -> None:
    for cause, step in steps():
        granting = any(f" {verb} " in f"{step.command} " for verb in ("create", "reset", "post", "put", "register"))
        if step.command.startswith("az ") and granting and "/query" not in step.command:
            with subtests.test(cause, command=step.command):
                assert step.role
                assert step.undo


SIGN_IN = ("az login", "az cloud", "az account")
"""Commands that act on the user's own sign-in: they need no role."""


def test_every_command_states_the_required_role(subtests: pytest.Subtests) -> None:
    for cause, step in steps():
        if step.command.startswith("az ") and not step.command.startswith(SIGN_IN):
            with subtests.test(cause, command=step.command):
                assert step.role


def test_the_named_roles_of_azure_allow_their_commands(subtests: pytest.Subtests) -> None:
    """The check uses Microsoft's definition of each built-in role that a command names."""
    for verb in verbs():
        with subtests.test(verb.start + verb.within):
            names = [name for name in re.split(r", | or | at the | of the ", verb.role) if name in BUILT_IN]
            entra = verb.start.startswith("az ad") or verb.within == "/appRoleAssignments"
            assert bool(verb.actions) != entra, "what a role of Azure has to allow"
            assert names or entra
            for name in names if verb.actions else ():
                definition = BUILT_IN[name]
                for action in verb.actions:
                    assert covers(definition.actions, action), name
                    assert not covers(definition.not_actions, action), name


def test_every_kind_of_command_has_a_required_role() -> None:
    used = {verb.start + verb.within for verb in verbs() for _, step in steps() if verb.fits(step.command)}
    assert used == {verb.start + verb.within for verb in verbs()}


VALUES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda text: not UNSAFE.search(text) and "'" not in text
)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_any_value_that_is_quoted_arrives(values: list[str]) -> None:
    words = ["az", "x", *values]
    assert in_cmd(join(words)) == words
    if not any(value.isspace() for value in values):
        assert in_powershell(powershell(words)) == words


def test_a_value_that_cannot_be_quoted_in_every_shell_stays_a_hint() -> None:
    for value in ('a"b', "$(id)", "`id`", "a\\", "hi!", "50%", "“x”", "--all", "@file", "a\nb"):
        (step,) = finding("resource_group_not_found", facts={"subscription_id": value}).fix.steps
        assert '--subscription "<subscription-id>" ' in step.command
