"""Each command of each cause hands the same words to its program in bash, PowerShell and cmd.exe."""

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
    """By cause, with groups whose names have what a shell may read a meaning into."""
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
                continue  # another program, tested by its being there
            assert in_powershell(step.shells.get("powershell", step.command)) == typed
            if "$(" in step.command:
                assert step.shells["cmd"].startswith("for /f %i in ('az ")
            elif typed[0] == "az":
                assert in_cmd(step.shells.get("cmd", step.command)) == typed


def test_what_takes_a_command_back_can_be_run_as_well() -> None:
    lines = [step.undo for _, step in steps() if step.undo]
    assert all(words[0] == "az" and "{" not in " ".join(words) for words in in_bash(list(dict.fromkeys(lines))))


def test_what_grants_says_who_may_run_it_and_what_takes_it_back(subtests: pytest.Subtests) -> None:
    for cause, step in steps():
        granting = any(f" {verb} " in f"{step.command} " for verb in ("create", "reset", "post", "put", "register"))
        if step.command.startswith("az ") and granting and "/query" not in step.command:
            with subtests.test(cause, command=step.command):
                assert step.role
                assert step.undo


SIGN_IN = ("az login", "az cloud", "az account")
"""Commands that act on the user's own sign-in: they need no role."""


def test_every_command_says_who_may_run_it(subtests: pytest.Subtests) -> None:
    for cause, step in steps():
        if step.command.startswith("az ") and not step.command.startswith(SIGN_IN):
            with subtests.test(cause, command=step.command):
                assert step.role


def test_the_roles_of_azure_allow_what_a_command_does(subtests: pytest.Subtests) -> None:
    """Each built-in role that is named, by Microsoft's definition of it."""
    for verb in verbs():
        with subtests.test(verb.start + verb.within):
            named = [name for name in re.split(r", | or | at the | of the ", verb.role) if name in BUILT_IN]
            entra = verb.start.startswith("az ad") or verb.within == "/appRoleAssignments"
            assert bool(verb.actions) != entra, "what a role of Azure has to allow"
            assert named or entra
            for name in named if verb.actions else ():
                definition = BUILT_IN[name]
                for action in verb.actions:
                    assert covers(definition.actions, action), name
                    assert not covers(definition.not_actions, action), name


def test_no_kind_of_command_is_left_over() -> None:
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


def test_a_value_that_no_quotes_carry_through_every_shell_stays_a_hint() -> None:
    for value in ('a"b', "$(id)", "`id`", "a\\", "hi!", "50%", "“x”", "--all", "@file", "a\nb"):
        (step,) = finding("resource_group_not_found", facts={"subscription_id": value}).fix.steps
        assert '--subscription "<subscription-id>" ' in step.command
