"""Tokens: from Entra for an app's credential, from this machine for a managed identity."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from conformance.apis import entra, managed_identity
from conformance.apis.endpoint import Endpoint
from conformance.apis.entra import OpenIdConfiguration
from conformance.connection import ClientSecret, Connection, FederatedToken, ManagedIdentity, SecretError
from conformance.connection.values import secret
from conformance.findings import Finding, finding
from conformance.probing import tokens
from conformance.probing.clock import Clock
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.guard import Guard
from conformance.probing.interpretation import read
from conformance.probing.probe import AskSecrets, AskToken
from conformance.probing.request import create
from conformance.probing.response import NetworkFailure
from conformance.probing.shortage import shortage
from conformance.probing.transport import Sender

REFUSED_SECRETS = frozenset({"wrong_client_secret", "secret_expired", "secret_id_instead_of_value", "config_invalid"})
"""Causes after which the next of several secrets is tried."""
UPDATING = (404, 410)
"""Answers of a managed identity endpoint that is being updated, for up to 70 seconds."""
PAUSES = (1.0, 4.0, 10.0)
"""Seconds before the next attempts after such an answer."""
CONNECT = 3.0
"""Seconds to connect to the endpoint: it is on the same machine, or there is none."""
OF_THIS_INSTALLATION = (ImportError, AttributeError)
"""Errors that no credential and no managed identity causes."""
ABSENT = frozenset({"connection_failed", "timed_out", "dns_failure"})


class SignIn:
    """Gets the tokens of one connection; ``connect`` is the seconds to connect to Entra. Used within one event loop."""

    def __init__(self, connection: Connection, connect: float, guard: Guard, sender: Sender, clock: Clock) -> None:
        self._connection, self._connect, self._guard = connection, connect, guard
        self._sender, self._clock = sender, clock
        self._tried: dict[int, asyncio.Task[Evidence]] = {}

    async def token(
        self,
        name: str,
        ask: AskToken,
        discovery: Answer[OpenIdConfiguration],
        urgency: int,
        claims: str | None = None,
    ) -> Evidence:
        """Return a token, or a refusal. ``claims`` are those of a claims challenge.

        Of several client secrets, the first that works is used; each is tried at most once.
        """
        credential = self._connection.credential
        if isinstance(credential, ManagedIdentity):
            return await self._of_machine(name, ask, credential, urgency)
        if not isinstance(credential, ClientSecret) or not credential.others:
            return await self._of_entra(name, ask, discovery, urgency, self._connection, claims)
        first, tried = self._connection.audiences[0], None
        for number in range(len(credential.secrets)):
            tried = await self._try(number, discovery, urgency)
            if not (isinstance(tried, Refusal) and tried.finding.cause in REFUSED_SECRETS):
                if ask.audience == first and claims is None:
                    return replace(tried, probe=name)
                return await self._of_entra(name, ask, discovery, urgency, self._with_secret(number), claims)
        return replace(await self._all_refused(discovery, urgency), probe=name)

    async def _all_refused(self, discovery: Answer[OpenIdConfiguration], urgency: int) -> Evidence:
        """Return the refusal of the first secret, with the results of all secrets."""
        each = [await self._try(number, discovery, urgency) for number in sorted(self._tried)]
        first = each[0]
        assert isinstance(first, Refusal)
        causes = [
            f"{number}: {evidence.finding.cause}"
            for number, evidence in enumerate(each, 1)
            if isinstance(evidence, Refusal)
        ]
        text = f"{first.finding.explanation} None of the client secrets is accepted ({', '.join(causes)})."
        return first.with_finding(replace(first.finding, explanation=text))

    async def secrets(self, name: str, _: AskSecrets, discovery: Answer[OpenIdConfiguration]) -> Evidence:
        """Return the results of token requests with each of the connection's client secrets, in their order."""
        credential = self._connection.credential
        assert isinstance(credential, ClientSecret)
        numbers = range(len(credential.secrets))
        tried = await asyncio.gather(*(self._try(number, discovery, 0) for number in numbers))
        exchanges = (
            evidence.exchange for evidence in tried if isinstance(evidence, Answer | Refusal) and evidence.exchange
        )
        return Answer(name, tuple(tried), next(exchanges, discovery.exchange))

    def _with_secret(self, number: int) -> Connection:
        credential = self._connection.credential
        assert isinstance(credential, ClientSecret)
        return replace(self._connection, credential=ClientSecret(credential.secrets[number]))

    def _try(self, number: int, discovery: Answer[OpenIdConfiguration], urgency: int) -> asyncio.Task[Evidence]:
        """Return the result of one secret: a token for the connection's first audience, or a refusal."""
        if number not in self._tried:
            self._tried[number] = asyncio.create_task(self._with(number, discovery, urgency))
        return self._tried[number]

    async def _with(self, number: int, discovery: Answer[OpenIdConfiguration], urgency: int) -> Evidence:
        connection = self._with_secret(number)
        audience = connection.audiences[0]
        name = f"token_{audience}"
        assert isinstance(connection.credential, ClientSecret)
        if malformed := secret(connection.credential.secret.reveal()):
            cause, actual, expected = malformed
            return Refusal(name, finding(cause, about="client_secret", explanation=f"It is {actual}, not {expected}."))
        return await self._of_entra(name, AskToken(audience), discovery, urgency, connection, None)

    async def _of_entra(
        self,
        name: str,
        ask: AskToken,
        discovery: Answer[OpenIdConfiguration],
        urgency: int,
        connection: Connection,
        claims: str | None,
    ) -> Evidence:
        document = msgspec.json.encode(discovery.data).decode()
        try:
            token_request = await tokens.compose(connection, ask.audience, document, self._clock.now(), claims)
        except Exception as error:
            if shortage_error := shortage(error):
                raise shortage_error from None
            if isinstance(error, OF_THIS_INSTALLATION) or isinstance(connection.credential, ClientSecret):
                raise  # not the fault of the credential: a secret may be any text
            return Refusal(name, credential_finding(connection, error))
        headers = {**token_request.headers, "Content-Type": "application/x-www-form-urlencoded"}
        request = create("POST", token_request.url, headers, token_request.encode(), self._connect)
        evidence = await self._send(name, request, entra.TOKEN, urgency)
        if isinstance(evidence, Answer):
            return self._issued(evidence, ask, evidence.data)
        if isinstance(evidence, Refusal) and isinstance(connection.credential, FederatedToken):
            return _with_end(evidence, connection.credential, str(token_request.form.get("client_assertion", "")))
        return evidence

    async def _of_machine(self, name: str, ask: AskToken, identity: ManagedIdentity, urgency: int) -> Evidence:
        """Return a token of a managed identity, or a refusal."""
        evidence: Evidence | None = None
        answers: list[tokens.GivenAnswer] = []
        for _ in range(2):  # Azure Arc refuses first, and names the file whose content it requires
            try:
                token_request = await tokens.compose_local(self._connection, identity, ask.audience, answers)
            except Exception as error:
                if shortage_error := shortage(error):
                    raise shortage_error from None
                if isinstance(error, OF_THIS_INSTALLATION):
                    raise
                return Refusal(name, local_finding(self._connection, identity, error))
            if token_request is None:
                break
            url = f"{token_request.url}?{urlencode(token_request.form)}" if token_request.form else token_request.url
            request = create("GET", url, token_request.headers, None, CONNECT)
            evidence = await self._patiently(name, request, urgency)
            if not (isinstance(evidence, Refusal) and identity.platform == "arc" and _status(evidence) == 401):
                break
            answers.append(tokens.GivenAnswer("", 401, evidence.headers))
        assert evidence is not None
        if isinstance(evidence, Answer):
            return self._local_token(evidence, ask, identity)
        if isinstance(evidence, Refusal) and evidence.finding.cause in ABSENT:
            return evidence.with_finding(no_endpoint(evidence.finding, identity))
        return evidence

    async def _patiently(self, name: str, request: httpx.Request, urgency: int) -> Evidence:
        """Send a request to a managed identity endpoint, and repeat it while the endpoint is being updated."""
        evidence = await self._send(name, request, managed_identity.TOKEN, urgency)
        for pause in PAUSES:
            if _status(evidence) not in UPDATING:
                break
            await self._clock.sleep(pause)
            evidence = await self._send(name, request, managed_identity.TOKEN, urgency)
        return evidence

    def _local_token(
        self, evidence: Answer[managed_identity.ManagedIdentityToken], ask: AskToken, identity: ManagedIdentity
    ) -> Evidence:
        name, token = evidence.probe, evidence.data
        now = evidence.exchange.date or self._clock.now()
        try:
            response = token.response(now.timestamp())
        except ValueError:
            problem = "The managed identity endpoint gave a time of expiry that is no number."
            local_finding = finding("contract_violation", code=managed_identity.TOKEN.name, explanation=problem)
            return Refusal(name, local_finding, evidence.exchange, evidence.headers)
        if identity.platform == "arc" and identity.selector and not _echoes(token, identity.selector):
            return Refusal(name, other_identity(self._connection, identity), evidence.exchange, evidence.headers)
        issued = self._issued(evidence, ask, response)
        app, client_id = issued.data.app_id if isinstance(issued, Answer) else "", self._connection.client_id
        if app and client_id and app.lower() != client_id.lower():
            return Refusal(name, other_app(identity, app, client_id), evidence.exchange, evidence.headers)
        return issued

    def _issued(self, evidence: Answer[Any], ask: AskToken, response: entra.TokenResponse) -> Evidence:
        if problem := tokens.problem(response.access_token):
            token_finding = finding("contract_violation", code=evidence.exchange.endpoint, explanation=problem)
            return Refusal(evidence.probe, token_finding, evidence.exchange, evidence.headers)
        token = tokens.Token(ask.audience, response.access_token, response)
        self._guard.tokens[token.text] = ask.audience
        return replace(evidence, data=token)

    async def _send(self, name: str, request: httpx.Request, endpoint: Endpoint[Any], urgency: int) -> Evidence:
        result = await self._sender.send(request, endpoint.name, urgency)
        if isinstance(result, NetworkFailure):
            return Refusal(name, result.finding, result.exchange)
        return read(name, endpoint, result, self._connection)


def _status(evidence: Evidence) -> int | None:
    return evidence.exchange.status if isinstance(evidence, Refusal) and evidence.exchange else None


def _echoes(token: managed_identity.ManagedIdentityToken, selector: tuple[str, str]) -> bool:
    """Return whether Azure Arc's answer names the requested identity: old agents ignore the request for one."""
    echoed = {"client_id": token.client_id, "object_id": token.object_id, "resource_id": token.msi_res_id}
    name, value = selector
    return (echoed[name] or "").lower() == value.lower()


def _with_end(refusal: Refusal, credential: FederatedToken, assertion: str) -> Refusal:
    """Return a refusal because of an assertion's time range, completed with these times and the assertion's origin."""
    ends = tokens.decode_claims(assertion).get("exp")
    if refusal.finding.cause != "assertion_expired" or not isinstance(ends, int | float):
        return refusal
    when = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M:%S} UTC"
    text = f"{refusal.finding.explanation} The token of {credential.origin} is valid until {when}."
    return refusal.with_finding(replace(refusal.finding, explanation=text))


def credential_finding(connection: Connection, trouble: Exception) -> Finding:
    """Return the finding of a token request that could not be made: the credential cannot be used."""
    if isinstance(trouble, SecretError) and isinstance(connection.credential, FederatedToken):
        text = f"The trusted provider's token could not be read: {trouble}."
        return finding("credential_missing", explanation=text, code=type(trouble).__name__)
    also = ("federation_mismatch", "credential_missing")
    return finding("certificate_invalid", certainty="likely", also=also, code=type(trouble).__name__)


def local_finding(connection: Connection, identity: ManagedIdentity, trouble: Exception) -> Finding:
    """Return the finding of a token request that could not be made: the file that Azure Arc names cannot be read."""
    text = f"{str(identity).capitalize()} could not be asked for at {identity.endpoint}: {type(trouble).__name__}."
    if identity.platform == "arc":
        text += (
            " Azure Arc knows who asks by a file in /var/opt/azcmagent/tokens, or in the agent's folder on Windows."
            " This user cannot read it."
        )
    remedy = (
        "Add the user to the group himds on Linux, or to Hybrid agent extension applications on Windows; log in again."
    )
    return finding(
        "credential_missing", certainty="likely", explanation=text, code=type(trouble).__name__, remedy=remedy
    )


def other_identity(connection: Connection, identity: ManagedIdentity) -> Finding:
    """Return the finding of a token for another identity than the requested identity."""
    text = f"Azure Arc does not confirm that its token is of {identity}: an old agent gives the system-assigned one."
    return finding("credential_missing", certainty="likely", facts=connection.facts(), explanation=text)


def other_app(identity: ManagedIdentity, app: str, client_id: str) -> Finding:
    """Return the finding of a managed identity whose app is not the connection's."""
    return finding(
        "credential_missing",
        explanation=f"The token of {identity} is of app {app}; the connection names {client_id}.",
        remedy=f'Set client_id = "{app}" where this identity is meant (or leave client_id out). Otherwise assign the'
        f' other identity to the machine, and choose it: managed_identity = {{ client_id = "{client_id}" }}.',
    )


def no_endpoint(subject: Finding, identity: ManagedIdentity) -> Finding:
    """Return the finding of a managed identity endpoint that does not answer."""
    return replace(
        finding(
            subject.cause,
            explanation=f"Nothing answers at {identity.endpoint}, where this machine would give tokens of a managed"
            " identity: it is no machine of Azure, or something keeps this program from the address.",
            remedy="Run on the virtual machine, App Service or Arc server that has the identity; in a container, let it"
            " reach that address. Elsewhere, sign in with another credential: client_secret, certificate or"
            " federated_token.",
            code=subject.code,
            certainty=subject.certainty,
        ),
        about=subject.about,
    )
