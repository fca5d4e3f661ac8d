"""Usual mistakes in connection files: each message has the line, the value and the likely correction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.connection import ConnectionFileError, load
from conformance.connection.correction import parts_of
from conformance.connection.repair import repair
from conformance.connection.values import malformed_values
from conformance.redaction import kind_of
from tests.contoso import FILE, SECRET, secret_of

ENVIRONMENT = {"CONTOSO_SECRET": SECRET}
TENANT, CLIENT = "7e4a11ed-0c0f-4c0f-a11c-000000000001", "a9910000-0c0f-4c0f-a11c-000000000002"
SUBSCRIPTION, WORKSPACE = "5b5c0000-0c0f-4c0f-a11c-000000000003", "30a40000-0c0f-4c0f-a11c-000000000004"
RESOURCE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-security"
    "/providers/Microsoft.OperationalInsights/workspaces/law-security"
)
PORTAL = f"https://portal.azure.com/#@contoso.onmicrosoft.com/resource{RESOURCE}/Overview"


def problems(*paths: Path) -> list[str]:
    with pytest.raises(ConnectionFileError) as caught:
        load(paths, environ=ENVIRONMENT)
    return [line.replace(f"{paths[0].parent}/", "") for line in caught.value.problems]


Write = Callable[..., Path]

LINES = [
    ("smart quotes", (f'tenant_id = "{TENANT}"', f"tenant_id = “{TENANT}”"), "2: tenant_id: typographic quotes"),
    ("no end quote", (f'"{CLIENT}"', f'"{CLIENT}'), "3: client_id: the quote at the end is missing"),
    (
        "no end quote before a comment",
        (f'"{CLIENT}"', f'"{CLIENT}  # app'),
        "3: client_id: the quote at the end is miss",
    ),
    ("no begin quote", (f'"{CLIENT}"', f'{CLIENT}"'), "3: client_id: the quote at the beginning is missing"),
    ("no quotes", (f'"{CLIENT}"', CLIENT), "3: client_id: no quotes around the value"),
    ("secret without quotes", ('"env:CONTOSO_SECRET"', "abc#def~x"), "4: client_secret: no quotes around the value"),
    ("colon", ("client_id = ", "client_id: "), "3: client_id: : where = belongs"),
    ("other comment", (f'"{CLIENT}"', f'"{CLIENT}" // the app'), "3: client_id: // begins no comment in this file"),
    ("comma", (f'"{CLIENT}"', f'"{CLIENT}",'), "3: client_id: a comma at the end"),
    (
        "zero width",
        (CLIENT, f"{CLIENT[:8]}\u200b{CLIENT[8:]}"),
        "3: client_id: a zero-width space (U+200B) in this line",
    ),
    ("no-break space", ("client_id = ", "client_id =\u00a0"), "3: client_id: a no-break space (U+00A0) in this line"),
    ("header", ("[connection]", "[connection"), "1: found '[connection', expected [connection]"),
    ("no header", ("[connection]\n", "\n"), "2: a line [connection] is missing above this one"),
    ("commented out", ("client_id = ", "# client_id = "), "1: missing key 'client_id'; it is commented out in line 3"),
    ("twice", (f'"{CLIENT}"', f'"{CLIENT}"\nclient_id = "x"'), "4: client_id: is in line 3 already"),
    (
        "prose",
        ("[connection]", "[connection]\nthese are ours"),
        "2: is neither a comment, which begins with #, nor a key",
    ),
    ("blanks around", (CLIENT, f" {CLIENT} "), f"3: client_id: found ' {CLIENT} '; did you mean '{CLIENT}'?"),
    ("blanks inside", (CLIENT, CLIENT.replace("-", "- ", 1)), f"did you mean '{CLIENT}'?"),
    ("brackets", (CLIENT, f"{{{CLIENT}}}"), f"did you mean '{CLIENT}'?"),
    ("no hyphens", (CLIENT, CLIENT.replace("-", "")), f"did you mean '{CLIENT}'?"),
    ("label", (CLIENT, f"Application ID: {CLIENT}"), f"did you mean '{CLIENT}'?"),
    ("resource id", (SUBSCRIPTION, RESOURCE), f"5: subscription_id: found '{RESOURCE[:79]}…'"),
    (
        "its part",
        (SUBSCRIPTION, RESOURCE),
        f"what was pasted holds it: '{SUBSCRIPTION}' (resource_group and workspace_name",
    ),
    ("portal URL", ('"rg-security"', f'"{PORTAL}"'), "what was pasted holds it: 'rg-security' (subscription_id and"),
    ("tenant in a URL", (TENANT, PORTAL), "what was pasted holds it: 'contoso.onmicrosoft.com'"),
    ("same ids", (SUBSCRIPTION, TENANT), "5: subscription_id: found the same value as tenant_id"),
    ("workspace is tenant", (WORKSPACE, TENANT), "7: workspace_id: found the same value as tenant_id"),
    (
        "digits left out",
        (WORKSPACE, WORKSPACE[:-2]),
        f"7: workspace_id: found '{WORKSPACE[:-2]}' (not a GUID: 30 instead of 32 hexadecimal digits, 10 instead of 12"
        " in group 5), expected",
    ),
    ("a digit too many", (CLIENT, f"{CLIENT}a"), "(not a GUID: 33 instead of 32 hexadecimal digits, 13 instead of 12"),
    ("a group left out", (TENANT, TENANT[:23]), f"found '{TENANT[:23]}' (not a GUID: 20 instead of 32 hexadecimal dig"),
    ("cut", (TENANT, f"{TENANT[:13]}…"), f"found '{TENANT[:13]}…' (not a GUID: 12 instead of 32 hexadecimal digits)"),
    (
        "no hyphens and digits left out",
        (SUBSCRIPTION, "3b64aa0d51bc4f2e9a6bef3b25d1c0"),
        "5: subscription_id: found a text that is not shown (not a GUID: 30 instead of 32 hexadecimal digits), ",
    ),
    (
        "a letter that is no digit",
        (WORKSPACE, "3b64ax0d-51bc-4f2e-9a6b-ef3b25d1c0e9"),
        "found a text that is not shown (not a GUID: 1 character other than hexadecimal digits, in group 1), expected",
    ),
    (
        "letters that look like digits",
        (WORKSPACE, "3b64aaOd-5lbc-4f2e-9a6b-ef3b25d1c0e9"),
        "in group 1 and 2); did you mean '3b64aa0d-51bc-4f2e-9a6b-ef3b25d1c0e9'?",
    ),
    ("other groups", (WORKSPACE, WORKSPACE.replace("-", "", 1)), "(not a GUID: groups of 12-4-4-12 instead of"),
    ("other signs", (CLIENT, CLIENT.replace("-", "_")), f"hyphens between its groups); did you mean '{CLIENT}'?"),
    ("its URN", (WORKSPACE, f"URN:UUID:{WORKSPACE}"), f"found 'URN:UUID:{WORKSPACE}'; did you mean '{WORKSPACE}'?"),
    ("a domain", (CLIENT, "contoso.onmicrosoft.com"), "3: client_id: found 'contoso.onmicrosoft.com' (a domain), expe"),
    ("a URL", (WORKSPACE, "https://ods.example/x"), "7: workspace_id: found 'https://ods.example/x' (a URL), expected"),
    (
        "an id as a name",
        ("rg-security", WORKSPACE),
        "6: resource_group: found the same value as workspace_id, expected",
    ),
    (
        "a password as an id",
        (WORKSPACE, "hunter2Hunter2!xYz99"),
        "7: workspace_id: found what looks like a client secret or a password (20 characters, not shown), expected",
    ),
    (
        "a key as an id",
        (WORKSPACE, "9f86d081884c7d65" * 4),
        "7: workspace_id: found what looks like a client secret or a password (64 characters, not shown), expected",
    ),
    (
        "digits left out of the other tenant's id",
        ("[connection]", f'[connection]\ncustomer_tenant_id = "{TENANT[:-1]}"'),
        "2: customer_tenant_id: found '7e4a11ed-0c0f-4c0f-a11c-00000000000' (not a GUID: 31 instead of 32 hexadecimal",
    ),
    (
        "secret elsewhere",
        (CLIENT, SECRET + "x"),
        "3: client_id: found the text of a secret (39 characters, not shown); it belongs into client_secret",
    ),
]


def test_each_mistake_is_reported_with_its_line_and_a_correction(subtests: pytest.Subtests, write: Write) -> None:
    for name, change, expected in LINES:
        with subtests.test(name):
            lines = problems(write(change))
            assert any(expected in line for line in lines), lines
            assert all(line.startswith("conn.toml:") for line in lines)
            assert SECRET not in str(lines)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (WORKSPACE[:-1] + "9", "4: client_secret: found a GUID, which is the form of a secret's ID"),
        ("$CONTOSO_SECRET", "4: client_secret: found the name of a variable"),
    ],
)
def test_a_wrong_secret_alone_is_loaded_and_with_other_mistakes_reported(
    write: Write, value: str, expected: str
) -> None:
    assert any(expected in line for line in problems(write(("env:CONTOSO_SECRET", value), ("rg-security", "rg."))))
    (alone,) = load(write(("env:CONTOSO_SECRET", value)), environ=ENVIRONMENT)
    assert secret_of(alone).reveal() == value


def test_swapped_values_are_reported_at_both_keys(write: Write) -> None:
    lines = problems(
        write((f'"{WORKSPACE}"', '"x-x"'), ('"law-security"', f'"{WORKSPACE}"'), ('"x-x"', '"law-security"'))
    )
    assert [line.rpartition("; ")[2].partition(" [")[0] for line in lines] == [
        "it seems to be swapped with workspace_name",
        "it seems to be swapped with workspace_id",
    ]


def test_all_mistakes_of_a_file_are_reported_at_once_with_their_owner(write: Write) -> None:
    path = write(
        (f'tenant_id = "{TENANT}"', f"tenant_id = “{TENANT}”"),
        (CLIENT, f"{{{CLIENT}}}"),
        ('"env:CONTOSO_SECRET"', f'"{TENANT}'),
        (f'"{SUBSCRIPTION}"', SUBSCRIPTION),
        ("rg-security", "rg."),
        (f'"{WORKSPACE}"', '"law-security" // id'),
        ('workspace_name = "law-security"', 'workspace_nme = "law-security"'),
    )
    with pytest.raises(ConnectionFileError) as caught:
        load(path, environ=ENVIRONMENT)
    text = str(caught.value).replace(f"{path.parent}/", "")
    assert [line.split(":")[1] for line in caught.value.problems] == ["2", "3", "4", "4", "5", "6", "7", "7", "8"]
    assert "Whoever filled in the connection" in text
    assert "  client_secret: Entra admin center > App registrations > the app > Certificates & secrets" in text
    assert '    az ad app credential reset --id "<client-id>" --append' in text  # the file's client id is wrong
    assert sum(-(-len(line) // 80) for line in text.splitlines()) <= 25


def test_commands_contain_the_valid_values_of_the_file(write: Write) -> None:
    with pytest.raises(ConnectionFileError, match=f"workspace list --subscription {SUBSCRIPTION} --query") as caught:
        load(write((WORKSPACE, "law-security")), environ=ENVIRONMENT)
    assert "  workspace_id: Azure portal > Log Analytics workspaces > the workspace > Overview" in str(caught.value)


def test_values_of_another_customer_are_reported_with_both_places(write: Write) -> None:
    other = (TENANT, TENANT.replace("1ed", "2ed")), (CLIENT, CLIENT.replace("a99", "b99"))
    first, second = write(name="a.toml"), write(*other, (WORKSPACE, WORKSPACE[:-1] + "5"), name="b.toml")
    assert problems(first, second) == [
        "b.toml:1: workspace_name: found 'law-security', which 'a' at a.toml:1 has with another workspace_id; one of"
        " them has the value of the other",
    ]


def test_one_tenant_with_many_workspaces_is_valid(write: Write) -> None:
    second = write((WORKSPACE, WORKSPACE[:-1] + "5"), ("law-security", "law-2"), ("rg-security", "rg-2"), name="b.toml")
    assert len(load([write(name="a.toml"), second], environ=ENVIRONMENT)) == 2


def test_a_pasted_id_fills_in_several_keys() -> None:
    assert parts_of(PORTAL) == {
        "tenant_id": "contoso.onmicrosoft.com",
        "subscription_id": SUBSCRIPTION,
        "resource_group": "rg-security",
        "workspace_name": "law-security",
    }
    assert parts_of(f"/subscriptions/{SUBSCRIPTION}") == {"subscription_id": SUBSCRIPTION}
    assert parts_of("law-security") == {}


KEYS = ("client_id", "client_secret")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60))
def test_no_line_is_repaired_into_a_different_number_of_lines(rest: str) -> None:
    text = f"[connection]\nclient_id = {rest}\nclient_secret = {rest}\n"
    repaired, _ = repair(text, KEYS)
    assert repaired.count("\n") == text.count("\n")


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=6, max_size=30))
def test_no_mistake_shows_a_secret(core: str) -> None:
    core = f"Zq{core}qZ"
    for form in ("{}", '"{}', "“{}”", '{}"', '"{}" // x', "'{}", '"{}\\x"'):
        for start in ("client_secret = ", "client_secret: ", ""):
            _, repairs = repair(f"[connection]\n{start}{form.format(core)}\n", KEYS)
            assert core not in str(repairs)


def test_a_valid_file_is_not_changed() -> None:
    assert repair(FILE, KEYS) == (FILE, [])


def test_an_id_of_a_pasted_resource_is_not_suggested_for_another_key(write: Write, subtests: pytest.Subtests) -> None:
    """A workspace's resource id contains the id of its subscription, not the Workspace ID."""
    for pasted in (RESOURCE, PORTAL):
        with subtests.test(pasted):
            (problem,) = problems(write((WORKSPACE, pasted)))
            assert "did you mean" not in problem
            assert "resource_group, subscription_id" in problem
            assert "but no workspace_id" in problem


def test_the_fix_of_an_unset_variable_is_to_set_it_not_to_create_a_secret(write: Write) -> None:
    with pytest.raises(ConnectionFileError) as caught:
        load(write(("env:CONTOSO_SECRET", "env:NOT_THERE")), environ={})
    text = str(caught.value)
    assert 'export NOT_THERE="..."' in text
    assert '$env:NOT_THERE = "..."' in text
    assert "credential reset" not in text


def test_the_note_that_nothing_was_sent_occurs_once(write: Write) -> None:
    with pytest.raises(ConnectionFileError) as caught:
        load(write(("env:CONTOSO_SECRET", "env:NOT_THERE"), ("workspace_id =", "workspace_id = 1 #")), environ={})
    text = str(caught.value)
    assert "Whoever filled in the connection" in text
    assert 'export NOT_THERE="..."' in text
    assert text.count("Nothing was sent.") == 1


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=20, max_size=40))
def test_a_possible_password_in_place_of_an_id_is_not_shown(password: str) -> None:
    """Only ids, names and groups of hexadecimal digits are shown; the description of a form quotes no other text."""
    (problem,) = malformed_values({"workspace_id": password}, ["workspace_id"])
    if kind_of(password):
        assert password not in problem.text
