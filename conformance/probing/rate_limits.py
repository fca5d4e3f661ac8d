"""Rate limits of the services, for all connections of a run.

A service counts the requests of an account together: usually one app in one tenant. Connections of the same account
wait together; connections of other accounts are not affected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from weakref import WeakValueDictionary

from conformance.apis.limits import SERVICES, Limit, Service
from conformance.probing.clock import Clock

MIN_ACCOUNTS = 256
"""Number of accounts that are always remembered; beyond it, accounts in their initial state are forgotten."""


@dataclass(slots=True, weakref_slot=True)
class TokenBucket:
    """A token bucket: ``size`` requests at once, ``rate`` a second in the long run. It starts full.

    Its state is the moment at which it will be full again.
    """

    size: float
    rate: float
    full: float = field(default=-inf, init=False)

    def take(self, now: float, count: int = 1) -> float:
        """Take ``count`` requests; return the seconds until the last of them may be sent. ``now`` never decreases."""
        self.full = max(self.full, now) + count / self.rate
        return max(0.0, self.full - now - self.size / self.rate)

    def empty(self, until: float) -> None:
        """Empty the bucket until a moment; it then holds one request."""
        self.full = max(self.full, until + (self.size - 1) / self.rate)


class RateLimit:
    """The rate limit of one account at a service.

    ``own`` buckets are exclusive to this account, ``others`` are shared.
    """

    def __init__(self, own: tuple[TokenBucket, ...], others: tuple[TokenBucket, ...] = ()) -> None:
        self._own, self._buckets = own, own + others
        self._until = -inf

    async def acquire(self, clock: Clock, patience: float) -> float:
        """Wait until a request may be sent, but at most ``patience`` seconds; return the seconds waited.

        When patience runs out the request is sent anyway.
        """
        began = now = clock.monotonic()
        slot = self._slot(now)
        while now < (wake := min(slot, began + patience)):
            await clock.sleep(wake - now)
            now = clock.monotonic()
            if slot < self._until:  # meanwhile the service has asked to wait
                slot = self._slot(now)
        return now - began

    def pause_until(self, until: float, *, exhausted: bool) -> None:
        """Pause until this moment of the clock, because the service asked to wait; ``exhausted``: for too many
        requests.

        Requests after that are sent at the published rate, so that the waiting requests are not all sent at once.
        """
        self._until = max(self._until, until)
        if exhausted:
            for bucket in self._own:
                bucket.empty(until)

    def idle(self, now: float) -> bool:
        """Return whether the account is back to its initial state."""
        return self._until <= now and all(bucket.full <= now for bucket in self._own)

    def _slot(self, now: float) -> float:
        slot = self._until
        for bucket in self._buckets:
            slot = max(slot, now + bucket.take(now))
        return slot


class RateLimits:
    """The accounts of a run. Used within one event loop, by one clock."""

    def __init__(self) -> None:
        self._accounts: WeakValueDictionary[tuple[str, ...], RateLimit] = WeakValueDictionary()
        self._buckets: WeakValueDictionary[tuple[str, ...], TokenBucket] = WeakValueDictionary()
        self._busy: set[RateLimit] = set()
        self._room = MIN_ACCOUNTS

    def accounts(self, facts: Mapping[str, str], now: float) -> Mapping[str, RateLimit]:
        """Return the accounts of a connection with these facts, by the name of each API."""
        if len(self._busy) > self._room:
            self._busy = {account for account in self._busy if not account.idle(now)}
            self._room = max(MIN_ACCOUNTS, 2 * len(self._busy))
        return {api.name: account for service, account in self._of(facts) for api in service.apis}

    def _of(self, facts: Mapping[str, str]) -> Iterator[tuple[Service, RateLimit]]:
        for service in SERVICES:
            key = (service.name, *_values(service.account, facts))
            account = self._accounts.get(key)
            if account is None:
                paced = [limit for limit in service.limits if limit.paced]
                account = RateLimit(
                    tuple(
                        TokenBucket(limit.size, limit.rate) for limit in paced if limit.counted_by == service.account
                    ),
                    tuple(
                        self._shared(service, limit, facts) for limit in paced if limit.counted_by != service.account
                    ),
                )
                self._accounts[key] = account
                self._busy.add(account)
            yield service, account

    def _shared(self, service: Service, limit: Limit, facts: Mapping[str, str]) -> TokenBucket:
        key = (service.name, *limit.counted_by, *_values(limit.counted_by, facts))
        return self._buckets.setdefault(key, TokenBucket(limit.size, limit.rate))


def _values(names: tuple[str, ...], facts: Mapping[str, str]) -> Iterator[str]:
    return (facts[name].lower() for name in names)
