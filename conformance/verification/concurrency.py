"""Who is next: things in their order, but only so many of a group at the same time."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from conformance.connection import Connection

T = TypeVar("T")

MAX_PER_GROUP = 4
"""Connections of a group at the same time. They share what the services allow, which more of them would not exhaust
sooner: they would only wait for each other, in places that others could have, and longer than a request has patience.
"""


def group(connection: Connection) -> Hashable:
    """Connections that the services count together: those of one app in one tenant."""
    return connection.tenant_id.lower(), connection.client_id.lower()


def no_group(thing: object) -> None:
    """Nothing is counted together."""


class GroupLimiter(Generic[T]):
    """Gives the next thing of whose group there are not too many at work; who has to wait for that is passed over.

    What has the group None may always begin.
    """

    def __init__(self, things: Iterable[T], group: Callable[[T], Hashable], most: int = MAX_PER_GROUP) -> None:
        self._things, self._group, self._most = iter(things), group, most
        self._working: Counter[Hashable] = Counter()
        self._passed: defaultdict[Hashable, deque[T]] = defaultdict(deque)
        self._ready: deque[T] = deque()

    def next(self) -> T | None:
        """None when nothing may begin now."""
        if self._ready:
            return self._ready.popleft()
        for thing in self._things:
            if (key := self._group(thing)) is None:
                return thing
            if self._working[key] < self._most:
                self._working[key] += 1
                return thing
            self._passed[key].append(thing)
        return None

    def done(self, thing: T) -> None:
        """Makes room for the next of its group."""
        if (key := self._group(thing)) is None:
            return
        if waiting := self._passed.get(key):
            self._ready.append(waiting.popleft())
            return
        self._working[key] -= 1
        if not self._working[key]:
            del self._working[key]
            self._passed.pop(key, None)
