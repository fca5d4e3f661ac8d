"""Shards of the connections: together they are all connections, and a connection stays in its shard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import Connection
from conformance.results.shard import Shard, ShardError
from tests.contoso import made_up

names = st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=30)


def fleet(names: list[str]) -> list[Connection]:
    return [made_up(name=name) for name in names]


@given(names, st.integers(1, 9))
def test_shards_are_disjoint_and_together_all_connections(names: list[str], count: int) -> None:
    shares = [Shard(index, count).of(fleet(names)) for index in range(1, count + 1)]
    assert sorted(connection.name for share in shares for connection in share) == sorted(names)


@given(names, st.text(min_size=1, max_size=20), st.integers(1, 9))
def test_a_new_connection_does_not_move_another(names: list[str], new: str, count: int) -> None:
    for index in range(1, count + 1):
        before = [connection.name for connection in Shard(index, count).of(fleet(names))]
        after = [
            connection.name
            for connection in Shard(index, count).of(fleet([new, *(name for name in names if name != new)]))
        ]
        assert [name for name in after if name != new] == [name for name in before if name != new]


def test_the_shard_of_a_connection_is_the_same_everywhere() -> None:
    """The shard does not depend on process, machine or version."""
    names_by_share = {
        index: [connection.name for connection in Shard(index, 3).of(fleet(["contoso", "fabrikam", "åre"]))]
        for index in (1, 2, 3)
    }
    assert names_by_share == {1: ["contoso", "åre"], 2: ["fabrikam"], 3: []}


def test_shards_have_about_the_same_size() -> None:
    many = fleet([f"tenant-{number:04}" for number in range(1000)])
    assert all(150 < len(Shard(index, 5).of(many)) < 250 for index in range(1, 6))


def test_a_shard_is_parsed() -> None:
    assert Shard.parse(" 2/5 ") == Shard(2, 5)
    assert Shard.parse("1/1").of(fleet(["contoso"]))


def test_an_invalid_shard_is_an_error(subtests: pytest.Subtests) -> None:
    for text in ["", "2", "0/5", "6/5", "2/0", "-1/5", "1/5/9", "a/b", "1.5/2", "1/9999999"]:
        with subtests.test(text=text), pytest.raises(ShardError, match="2/5 is the second of five"):
            Shard.parse(text)
