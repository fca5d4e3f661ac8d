"""The engine that runs the probes: each at most once, and concurrently, as soon as its needed evidence is available."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import httpx

from conformance.apis import entra
from conformance.apis.endpoint import Ask, Audience
from conformance.apis.entra import OpenIdConfiguration
from conformance.connection import CLOUDS, Connection, ManagedIdentity
from conformance.findings import finding
from conformance.probing.challenge import claims_of
from conformance.probing.clock import Clock
from conformance.probing.diagnosis import TELL_APART, rules_for
from conformance.probing.discovery import token_endpoint_problem
from conformance.probing.evidence import Answer, Blocked, Evidence, Gathered, InternalError, NotAsked, Refusal
from conformance.probing.guard import Guard, next_link_problem
from conformance.probing.interpretation import read
from conformance.probing.probe import (
    CONNECTION,
    PROBES,
    AskSecrets,
    AskToken,
    NotApplicable,
    NotConfigured,
    Probe,
    Question,
    Refused,
)
from conformance.probing.rate_limits import RateLimits
from conformance.probing.request import build
from conformance.probing.response import NetworkFailure
from conformance.probing.shared_network import share_findings
from conformance.probing.shortage import Shortage, shortage
from conformance.probing.sign_in import SignIn
from conformance.probing.transport import SOCKETS, Patience, Sender


class Engine:
    """Gathers the evidence of one connection through one transport. An engine is used once, within one event loop.

    It has at most ``sockets`` requests in flight. ``pace`` is shared by the connections of a run. Exchanges are timed
    from ``start``, a moment of the clock (now, by default). ``progress`` is called after each probe with the number of
    probes known and the number under way.
    """

    def __init__(
        self,
        connection: Connection,
        transport: httpx.AsyncBaseTransport,
        *,
        clock: Clock | None = None,
        pace: RateLimits | None = None,
        start: float | None = None,
        patience: Patience | None = None,
        negative: bool = False,
        progress: Callable[[int, int], None] | None = None,
        sockets: int = SOCKETS,
    ) -> None:
        self.connection = connection
        clock, patience = clock or Clock(), patience or Patience()
        identity = connection.credential if isinstance(connection.credential, ManagedIdentity) else None
        self._guard = Guard(transport, connection.cloud, negative=negative, identity=identity)
        self._connect = patience.connect
        accounts = (pace or RateLimits()).accounts(connection.facts(), clock.monotonic())
        self._sender = Sender(self._guard, clock, patience, accounts, start, sockets)
        self._sign_in = SignIn(connection, self._connect, self._guard, self._sender, clock)
        self._tasks: dict[str, asyncio.Task[Evidence]] = {}
        self._findings: dict[str, asyncio.Task[Refusal | NotAsked]] = {}
        self._renewed: dict[Audience, asyncio.Task[Evidence]] = {}
        self._progress = progress or (lambda answered, total: None)
        self._answered = 0

    async def gather(self, names: Iterable[str] | Awaitable[Iterable[str]], first: Sequence[str] = ()) -> Gathered:
        """Return the evidence of these probes and of all that they need, with refusals refined by the diagnosis rules.

        The ``first`` probes are asked at once, while the names of the others are awaited; the deadline of the
        connection restarts with the others. Raises :class:`Shortage` if this machine lacks a resource.
        """
        async with self._guard:
            try:
                for name in first:
                    self._raw(name)
                if isinstance(names, Awaitable):
                    names = await names
                    self._sender.restart_deadline()
                await asyncio.gather(*(self._settled(name) for name in dict.fromkeys([*first, *names])))
            except BaseException:  # a shortage, or the run is cancelled
                await self._cancel()
                raise
            raw = {name: task.result() for name, task in self._tasks.items()}
            evidence = {name: item for name, item in raw.items() if not self._is_mere_clue(item)}
            evidence |= {name: task.result() for name, task in self._findings.items()}
        with_hosts = share_findings(evidence, self.connection)
        evidence = {name: behind(item, with_hosts) for name, item in with_hosts.items()}
        return Gathered(evidence, tuple(self._sender.exchanges), self._sender.requests)

    def _is_mere_clue(self, evidence: Evidence) -> bool:
        """Return whether a refused probe was only asked as a clue, and no rule has refined the refusal: then it is left
        out.
        """
        refusal = evidence.root if isinstance(evidence, Blocked) else evidence
        return isinstance(refusal, Refusal) and refusal.probe not in self._findings

    async def _cancel(self) -> None:
        tasks = [*self._tasks.values(), *self._findings.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Two layers: `_raw` is the graph of probes; `_understood` reads refusals with the help of other raw evidence.
    # Clues are raw evidence, so the layers cannot wait for each other.

    async def _settled(self, name: str) -> None:
        evidence = await self._raw(name)
        if isinstance(evidence, Refusal):
            await self._understood(evidence)
        elif isinstance(evidence, Blocked):
            await self._understood(evidence.root)

    def _raw(self, name: str) -> asyncio.Task[Evidence]:
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._execute(PROBES[name]), name=name)
        return self._tasks[name]

    def _understood(self, refusal: Refusal) -> asyncio.Task[Refusal | NotAsked]:
        if refusal.probe not in self._findings:
            self._findings[refusal.probe] = asyncio.create_task(self._understand(refusal))
        return self._findings[refusal.probe]

    async def _understand(self, refusal: Refusal) -> Refusal | NotAsked:
        for rule in map(TELL_APART.__getitem__, rules_for(refusal)):
            clues = dict(zip(rule.clues, await asyncio.gather(*map(self._raw, rule.clues)), strict=True))
            better = rule.read(refusal, self.connection, **clues)
            if isinstance(better, NotAsked):
                return better
            if better is not None:
                return refusal.with_finding(better)
        return refusal

    async def _execute(self, probe: Probe) -> Evidence:
        needed = dict(zip(probe.needs, await asyncio.gather(*(self._raw(name) for name in probe.needs)), strict=True))
        try:
            evidence = stop_reason(probe, needed) or await self._question(
                probe,
                probe.function(**{CONNECTION: self.connection, **needed} if CONNECTION in probe.parameters else needed),
            )
        except Refused as known:
            evidence = Refusal(probe.name, known.finding)
        except NotApplicable as nothing:
            evidence = NotAsked(probe.name, str(nothing))
        except NotConfigured as key:
            evidence = NotAsked(probe.name, str(key), kind="not_configured")
        except Shortage:
            raise
        except Exception as error:  # our own bug must not look like the tenant's
            if shortage_error := shortage(error):
                raise shortage_error from None
            evidence = InternalError(probe.name, f"{type(error).__name__}: {error}")
        self._answered += 1
        self._progress(self._answered, len(self._tasks))
        return evidence

    async def _question(self, probe: Probe, question: Question) -> Evidence:
        if isinstance(question, AskToken):
            return await self._token(probe.name, question)
        if isinstance(question, AskSecrets):
            discovery = await self._raw("discovery")
            assert isinstance(discovery, Answer)
            return await self._sign_in.secrets(probe.name, question, discovery)
        if not isinstance(question, Ask):
            return await question.put(partial(self._question, probe))
        audience = question.token or question.endpoint.api.audience
        if self.connection.cloud.host(question.endpoint.api) is None:
            raise NotApplicable(f"{question.endpoint.api.title} is not offered in this cloud")
        if audience is None:
            return await self._ask(probe.name, question, None)
        token = await (self._renewed.get(audience) or self._raw(f"token_{audience}"))
        if stop := stop_reason(probe, {"token": token}):
            return stop
        assert isinstance(token, Answer)
        evidence = await self._ask(probe.name, question, token.data.text)
        if isinstance(evidence, Refusal) and isinstance(fresh := await self._challenged(evidence, audience), Answer):
            return await self._ask(probe.name, question, fresh.data.text)
        return evidence

    async def _challenged(self, refusal: Refusal, audience: Audience) -> Evidence | None:
        """Return a new token if a refusal is a claims challenge, else None. One token per audience and run is
        requested; all challenged requests share it.
        """
        status = refusal.exchange.status if refusal.exchange else None
        claims = claims_of(status, refusal.headers)
        if claims is None:
            return None
        if audience not in self._renewed:
            name = f"token_{audience}"
            self._renewed[audience] = asyncio.create_task(self._token(name, AskToken(audience), claims))
        return await self._renewed[audience]

    async def _ask(self, name: str, ask: Ask[Any], bearer: str | None) -> Evidence:
        cloud = CLOUDS[ask.cloud] if ask.cloud else self.connection.cloud
        base = cloud.host(ask.endpoint.api) or ""
        if ask.link is not None and (problem := next_link_problem(ask.link, ask.endpoint, httpx.URL(base))):
            return Refusal(name, finding("contract_violation", explanation=problem, about=ask.endpoint.api.name))
        request = build(self.connection, ask, base, bearer, self._connect)
        result = await self._sender.send(request, ask.endpoint.name, urgency(name, len(PROBES)))
        if isinstance(result, NetworkFailure):
            return Refusal(name, result.finding, result.exchange)
        evidence = read(name, ask.endpoint, result, self.connection)
        if ask.endpoint is entra.OPENID_CONFIGURATION and isinstance(evidence, Answer):
            return self._trusted(evidence)
        return evidence

    def _trusted(self, answer: Answer[OpenIdConfiguration]) -> Evidence:
        """Return the discovery document, or a refusal if the secret must not be sent to its token endpoint."""
        problem = token_endpoint_problem(self.connection, answer.data)
        if problem is None:
            return answer
        untrusted = finding(
            "contract_violation", explanation=f"{problem}; the secret was not sent there.", about="entra"
        )
        return Refusal(answer.probe, untrusted, answer.exchange, answer.headers, answer.body)

    async def _token(self, name: str, ask: AskToken, claims: str | None = None) -> Evidence:
        discovery = await self._raw("discovery")
        if stop := stop_reason(PROBES[name], {"discovery": discovery}):
            return stop
        assert isinstance(discovery, Answer)
        return await self._sign_in.token(name, ask, discovery, urgency(name, len(PROBES)), claims)


@lru_cache(maxsize=1024)
def urgency(name: str, probes: int) -> int:
    """Return the length of the longest chain of requests that waits for a probe's answer, among ``probes``."""
    return max((1 + urgency(other, probes) for other, probe in PROBES.items() if name in probe.needs), default=0)


def stop_reason(probe: Probe, needed: Mapping[str, Evidence]) -> Evidence | None:
    """Return why a probe is not asked, given the evidence that it needs; None if it can be asked."""
    rest: Evidence | None = None
    for name, evidence in needed.items():
        if probe.parameters.get(name, False) or isinstance(evidence, Answer):
            continue
        if isinstance(evidence, Refusal):
            return Blocked(probe.name, evidence)
        if isinstance(evidence, Blocked):
            return Blocked(probe.name, evidence.root)
        rest = rest or replace(evidence, probe=probe.name)
    return rest


def behind(item: Evidence, findings: Mapping[str, Evidence]) -> Evidence:
    """Return blocked evidence with the refined root refusal, or a :class:`NotAsked` if the refusal proves nothing."""
    root = findings.get(item.root.probe) if isinstance(item, Blocked) else None
    if isinstance(item, Blocked) and isinstance(root, Refusal):
        return replace(item, root=root)
    return NotAsked(item.probe, root.reason) if isinstance(root, NotAsked) else item
