"""Follow-up requests after a list has changed since it was read, or one of its items was deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.apis import sentinel
from conformance.apis.endpoint import Ask
from conformance.findings import finding
from conformance.probing.evidence import Answer, Evidence, Exchange, Refusal
from conformance.probing.following import FirstThere, Item, NextPage, Pages, is_settled
from conformance.probing.probe import NotApplicable

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(hours=1), NOW - timedelta(minutes=2)
Page = list[str]


def exchange(status: int) -> Exchange:
    return Exchange("GET", "https://x.example", status, None, NOW, NOW, 0.0, 0.0)


def page(*names: str) -> Answer[Page]:
    return Answer("p", list(names), exchange(200))


def refused(status: int = 404) -> Refusal:
    return Refusal("p", finding("object_not_found" if status == 404 else "request_invalid"), exchange(status))


def asking(name: str) -> Ask[Any]:
    return sentinel.INCIDENT.ask(incident=name)


LIST: Ask[Page] = sentinel.INCIDENTS.ask(top=50)  # type: ignore[assignment]


class Service:
    """A service that gives scripted answers in order, and records the questions: a name, or ``list``."""

    def __init__(self, *answers: Evidence) -> None:
        self._answers, self.questions = list(answers), list[str]()

    async def put(self, ask: Ask[Any]) -> Evidence:
        self.questions.append(ask.path.get("incident", "list"))
        return self._answers.pop(0)


def first_there(service: Service, names: Sequence[str], created: datetime = OLD) -> Evidence:
    def items(page: Page) -> list[Item]:
        return [Item(name, asking(name), created) for name in page]

    return asyncio.run(FirstThere(list(names), LIST, items).put(service.put))


def next_page(service: Service, *names: str) -> Evidence:
    """Return the evidence of a next page; each argument holds the names of a page's items, and ``.`` ends the last
    page.
    """

    def following(page: Page) -> Ask[Page] | None:
        return None if page[-1] == "." else asking(f"after {page[-1]}")

    return asyncio.run(NextPage(LIST, list(names), following, lambda page: page).put(service.put))


# One of several items


def test_the_first_item_is_enough() -> None:
    service = Service(page("it"))
    assert first_there(service, ["a", "b"]) == page("it")
    assert service.questions == ["a"]


def test_a_deleted_item_is_replaced_by_the_next() -> None:
    service = Service(refused(), refused(), page("it"))
    assert first_there(service, ["a", "b", "c"]) == page("it")
    assert service.questions == ["a", "b", "c"]


def test_another_refusal_is_the_finding() -> None:
    assert first_there(Service(refused(400)), ["a", "b"]) == refused(400)


def test_an_item_still_listed_and_not_found_is_a_finding() -> None:
    service = Service(refused(), refused(), page("x", "b"))
    assert first_there(service, ["a", "b"]) == refused()
    assert service.questions == ["a", "b", "list"]


def test_an_item_minutes_old_may_not_exist_yet() -> None:
    with pytest.raises(NotApplicable):
        first_there(Service(refused(), page("a"), page("a"), page("a")), ["a"], YOUNG)


def test_if_all_items_are_deleted_the_list_is_read_again() -> None:
    service = Service(refused(), page("b"), page("it"))
    assert first_there(service, ["a"]) == page("it")
    assert service.questions == ["a", "list", "b"]


def test_a_list_that_fails_meanwhile_is_the_finding() -> None:
    assert first_there(Service(refused(), refused(400)), ["a"]) == refused(400)


@pytest.mark.parametrize(("created", "expected"), [(OLD, True), (YOUNG, False), (None, True)])
def test_an_item_is_settled_if_it_is_old_or_undated(created: datetime | None, expected: bool) -> None:
    assert is_settled(created, NOW) is expected


# The next page


def pages(first: Page, second: Page) -> Answer[Pages[Page]]:
    return Answer("p", Pages(first, second), exchange(200))


def test_a_next_page_with_new_items() -> None:
    service = Service(page("c", "d"))
    assert next_page(service, "a", "b") == pages(["a", "b"], ["c", "d"])
    assert service.questions == ["after b"]


def test_a_page_that_repeats_some_items_is_a_changed_list() -> None:
    assert next_page(Service(page("b", "c")), "a", "b") == pages(["a", "b"], ["b", "c"])


def test_a_page_without_new_items_is_compared_with_a_new_first_page() -> None:
    service = Service(page("a", "b"), page("y", "z"), page("a", "b"))
    assert next_page(service, "a", "b") == pages(["y", "z"], ["a", "b"])
    assert service.questions == ["after b", "list", "after z"]


def test_a_service_that_repeats_an_unchanged_page() -> None:
    assert next_page(Service(page("a", "b"), page("a", "b")), "a", "b") == pages(["a", "b"], ["a", "b"])


def test_a_list_that_changes_all_the_time_is_not_judged() -> None:
    service = Service(page("a"), page("b"), page("b"), page("c"), page("c"), page("d"))
    with pytest.raises(NotApplicable, match="changes faster"):
        next_page(service, "a")


def test_an_expired_page_token_is_replaced() -> None:
    service = Service(refused(400), page("a", "b"), page("c"))
    assert next_page(service, "a", "b") == pages(["a", "b"], ["c"])


def test_a_page_token_that_is_always_refused_is_a_finding() -> None:
    service = Service(*[refused(400), page("a", "b")] * 3)
    assert next_page(service, "a", "b") == refused(400)


def test_a_list_that_has_shrunk_to_one_page() -> None:
    with pytest.raises(NotApplicable, match="fit on one page"):
        next_page(Service(refused(400), page("a", ".")), "a", "b")


def test_an_empty_page_at_the_end_is_fine() -> None:
    assert next_page(Service(page()), "a", "b") == pages(["a", "b"], [])
