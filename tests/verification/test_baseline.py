"""Accepted findings: their extent, stale acceptances, and mistakes in baseline files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.outcome import Outcome, Root
from conformance.findings import finding
from conformance.verification.baseline import (
    Acceptance,
    Baseline,
    BaselineError,
    BaselineUse,
    JudgedCheck,
    Stale,
    accept,
    read,
)

TODAY = date(2026, 11, 24)
LATER = date(2027, 1, 31)
RIGHTS = Root("HYG-002", finding("over_privileged"))
EXPIRED = Root("AUTH-003", finding("secret_expired"))

ENTRY = """
[[accept]]
check = "HYG-002"
connection = "contoso"
cause = "over_privileged"
reason = "the reviewer wants both roles until the migration"
expires = 2027-01-31
"""


def acceptance(check: str = "AUTH-003", **more: object) -> Acceptance:
    return Acceptance(check, "known", **{"expires": LATER, **more})  # type: ignore[arg-type]


def accepted(outcomes: list[Outcome], *baseline: Acceptance) -> list[str]:
    return [outcome.check for outcome in accept(outcomes, "contoso", baseline, TODAY) if outcome.accepted]


FAILED = Outcome("AUTH-003", "failed", EXPIRED)
BLOCKED = Outcome("SENT-001", "blocked", EXPIRED)
PASSED = Outcome("AUTH-003", "passed")
ERROR = Outcome("AUTH-003", "error", reason="a bug")


def test_checks_blocked_by_an_accepted_root_are_accepted_too() -> None:
    assert accepted([FAILED, BLOCKED, PASSED], acceptance()) == ["AUTH-003", "SENT-001"]
    assert accepted([BLOCKED], acceptance()) == ["SENT-001"]


def test_an_acceptance_covers_its_check_connection_and_cause_only() -> None:
    assert (
        accepted(
            [FAILED], acceptance("HYG-002"), acceptance(connection="fabrikam"), acceptance(cause="wrong_client_secret")
        )
        == []
    )
    assert accepted([FAILED], acceptance(connection="contoso", cause="secret_expired")) == ["AUTH-003"]


def test_an_error_is_never_accepted() -> None:
    assert accepted([ERROR], acceptance()) == []


def test_an_acceptance_is_valid_until_the_end_of_its_last_day() -> None:
    assert accepted([FAILED], acceptance(expires=TODAY)) == ["AUTH-003"]
    assert accepted([FAILED], acceptance(expires=TODAY - timedelta(days=1))) == []


def stale(outcomes: Mapping[str, Sequence[Outcome]], baseline: Baseline) -> tuple[Stale, ...]:
    """Return the stale acceptances of a run; the outcomes are given by connection."""
    use = BaselineUse(baseline)
    for name, of_connection in outcomes.items():
        use.add(name, [JudgedCheck.of(outcome) for outcome in of_connection])
    return use.stale(TODAY)


def why(outcomes: dict[str, list[Outcome]], entry: Acceptance) -> list[str]:
    return [stale_entry.why for stale_entry in stale(outcomes, (entry,))]


def test_an_acceptance_is_stale_when_its_check_passes_everywhere() -> None:
    assert why({"contoso": [PASSED]}, acceptance()) == ["passing"]
    assert why({"contoso": [PASSED], "fabrikam": [FAILED]}, acceptance()) == []
    assert why({"contoso": [PASSED], "fabrikam": [FAILED]}, acceptance(connection="contoso")) == ["passing"]


@pytest.mark.parametrize(
    "outcome", [FAILED, ERROR, Outcome("AUTH-003", "blocked", RIGHTS), Outcome("LA-001", "passed")]
)
def test_an_acceptance_is_not_stale_unless_its_check_passed(outcome: Outcome) -> None:
    assert why({"contoso": [outcome]}, acceptance()) == []


def test_an_expired_acceptance_is_stale_if_its_check_was_selected() -> None:
    over = acceptance(expires=date(2026, 1, 31))
    assert why({"contoso": [FAILED]}, over) == ["expired"]
    assert why({"contoso": [BLOCKED]}, over) == ["expired"]
    assert why({"contoso": [PASSED]}, over) == ["passing"]
    assert why({"contoso": [Outcome("LA-001", "passed")]}, over) == []


def test_the_message_of_a_stale_acceptance_has_its_place_and_the_fix() -> None:
    entry = acceptance(connection="contoso", where="known.toml:3")
    assert [stale_entry.message for stale_entry in stale({"contoso": [PASSED]}, (entry,))] == [
        "known.toml:3: AUTH-003 (contoso) is accepted until 2027-01-31, but passes: remove the entry"
    ]


SOME = [FAILED, BLOCKED, PASSED, ERROR, Outcome("HYG-002", "warning", RIGHTS), Outcome("HYG-002", "passed")]
ENTRIES = st.builds(
    acceptance,
    st.sampled_from(["AUTH-003", "HYG-002"]),
    connection=st.sampled_from([None, "contoso", "fabrikam"]),
    expires=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)


@given(
    st.dictionaries(
        st.sampled_from(["contoso", "fabrikam"]), st.lists(st.sampled_from(SOME), unique_by=lambda o: o.check)
    ),
    st.lists(ENTRIES).map(tuple),
)
def test_no_acceptance_is_both_used_and_stale_and_only_accepted_is_changed(
    outcomes: dict[str, list[Outcome]], baseline: Baseline
) -> None:
    stale_entries = {entry.acceptance for entry in stale(outcomes, baseline)}
    for name, own_outcomes in outcomes.items():
        marked = accept(own_outcomes, name, baseline, TODAY)
        assert [(outcome.check, outcome.status, outcome.root) for outcome in marked] == [
            (outcome.check, outcome.status, outcome.root) for outcome in own_outcomes
        ]
        used = tuple(
            entry for entry in baseline if any(o.accepted for o in accept(own_outcomes, name, (entry,), TODAY))
        )
        assert not stale_entries & set(used)


# The file


def test_an_entry_is_read_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(ENTRY)
    (entry,) = read(path)
    assert entry == Acceptance(
        "HYG-002",
        "the reviewer wants both roles until the migration",
        LATER,
        "contoso",
        "over_privileged",
        f"{path}:2",
    )


def test_an_empty_baseline_accepts_nothing(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text("")
    assert read(tmp_path / "known.toml") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ENTRY.replace("HYG-002", "HYG-02"), "3: check: there is no check 'HYG-02' (did you mean 'HYG-002'?)"),
        (
            ENTRY.replace("over_p", "ower_p"),
            "5: cause: there is no cause 'ower_privileged' (did you mean 'over_privileged'?)",
        ),
        (ENTRY.replace("expires", "expiry"), "7: unknown key 'expiry' (did you mean 'expires'?)"),
        (ENTRY.replace("2027-01-31", "2027"), "7: expires: found the number 2027, expected a date such as 2027-03-01"),
        (ENTRY.replace("2027-01-31", "2027-01-31T00:00:00"), "7: expires: found a date with a time, expected a date"),
        (ENTRY.replace("reason", "# reason"), "2: missing key 'reason'"),
        (ENTRY.replace('"contoso"', "7"), "4: connection: found the number 7, expected a text in quotes"),
        (ENTRY.replace("[[accept]]", "[[accepted]]"), "2: unknown key 'accepted' (did you mean 'accept'?)"),
        (ENTRY.replace("[[accept]]", "[accept]"), "accept: expected tables [[accept]]"),
        ("[[accept]\n", "1: no valid TOML"),
    ],
)
def test_mistakes_in_a_baseline_are_reported_with_their_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(BaselineError) as raised:
        read(path)
    assert problem in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_baseline_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"known\.toml: cannot be read: No such file"):
        read(tmp_path / "known.toml")


@given(st.text() | st.just(ENTRY).flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n])))
def test_any_text_is_read_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        result: object = read(path)
    except BaselineError as error:
        result = str(error)
    assert isinstance(result, tuple) or str(result).startswith(str(path))
