"""Questions about listed items in a busy tenant: items arrive, move and disappear between two requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic

from conformance.apis.endpoint import Ask
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.probe import NotApplicable, T

MAX_TRIES = 3
"""Maximum items to ask for, and pages to follow, before giving up."""

SETTLED = timedelta(minutes=15)
"""An item of this age must be known on every route. Sentinel's entities were seen to arrive up to 5 minutes late
(Azure/Azure-Sentinel#9105), incidents of Defender XDR up to 10 (Microsoft's page on the connector)."""

Execute = Callable[[Ask[Any]], Awaitable[Evidence]]
Names = Callable[[Any], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A listed item: its name, the question about it, and its creation time (None if unknown)."""

    name: str
    ask: Ask[Any]
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstThere(Generic[T]):
    """The first item of ``page`` that still exists: items with a 404 are skipped.

    If none exists, ``listing`` is asked again; ``items`` gives the items of its answer, and of ``page``. A 404 counts
    as a refusal only if the list still shows the item, and the item is older than :data:`SETTLED`; otherwise older
    items of that list are asked for.
    """

    page: T
    listing: Ask[T]
    items: Callable[[T], Iterable[Item]]

    async def put(self, execute: Execute) -> Evidence:
        """Ask for the items in turn until one exists; return its evidence, or the last refusal."""
        missing: dict[str, Refusal] = {}
        items = list(islice(self.items(self.page), MAX_TRIES))
        for _ in range(MAX_TRIES):
            for item in items[:MAX_TRIES]:
                evidence = await execute(item.ask)
                if not isinstance(evidence, Refusal) or evidence.finding.cause != "object_not_found":
                    return evidence
                missing[item.name] = evidence
            again = await execute(self.listing)
            if not isinstance(again, Answer):
                return again
            items = [item for item in self.items(again.data) if is_settled(item.created, again.exchange.date)]
            for item in items:
                if item.name in missing:
                    return missing[item.name]
        raise NotApplicable("what was listed had gone, or was not there yet, when it was asked for")


@dataclass(frozen=True, slots=True)
class Pages(Generic[T]):
    """Two pages that follow one another."""

    first: T
    second: T


@dataclass(frozen=True, slots=True)
class NextPage(Generic[T]):
    """The page after ``page``, which answered ``first``; the evidence holds :class:`Pages`.

    ``following`` returns the question for the page after a given page (None after the last); ``names`` returns the
    names of a page's items. New items on top push a page's items onto the next, and a continuation token may have
    become invalid: in both cases the first page is asked for again, and the page after it counts.
    """

    first: Ask[T]
    page: T
    following: Callable[[T], Ask[T] | None]
    names: Names

    async def put(self, execute: Execute) -> Evidence:
        """Follow the pages until one can be judged. Raises :class:`NotApplicable` if the first page is the last."""
        page = self.page
        for _ in range(MAX_TRIES):
            ask = self.following(page)
            if ask is None:
                raise NotApplicable("all items fit on one page")
            evidence = await execute(ask)
            if not self._moved(page, evidence):
                return pair_pages(evidence, page)
            again = await execute(self.first)
            if not isinstance(again, Answer):
                return again if isinstance(evidence, Answer) else evidence
            if isinstance(evidence, Answer) and list(self.names(again.data)) == list(self.names(page)):
                return pair_pages(evidence, page)  # the list has not changed: the service repeats a page
            page = again.data
        if isinstance(evidence, Answer):
            raise NotApplicable("the list changes faster than its pages can be read")
        return evidence

    def _moved(self, page: T, evidence: Evidence) -> bool:
        """Return whether the second page cannot be used, because the list changed between the requests."""
        if isinstance(evidence, Answer):
            second = set(self.names(evidence.data))
            return bool(second) and not second - set(self.names(page))
        status = evidence.exchange.status if isinstance(evidence, Refusal) and evidence.exchange else None
        return status in (400, 404, 410)


def pair_pages(evidence: Evidence, page: Any) -> Evidence:
    """Return the evidence of a second page, with both pages as its data."""
    if not isinstance(evidence, Answer):
        return evidence
    return replace(evidence, data=Pages(page, evidence.data))


def is_settled(created: datetime | None, now: datetime | None) -> bool:
    """Return whether an item is old enough to be known on every route; an item of unknown age counts as old."""
    return created is None or now is None or created < now - SETTLED
