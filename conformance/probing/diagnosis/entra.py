"""Entra: causes with the same answer, distinguished by the kind of the credential and by the clock."""

from __future__ import annotations

from dataclasses import replace

from conformance.apis.entra import OpenIdConfiguration
from conformance.connection import CLOUDS, Certificate, ClientSecret, Connection, FederatedToken
from conformance.findings import Finding, finding
from conformance.probing.clock import TOLERATED_SKEW
from conformance.probing.diagnosis.rules import tells_apart
from conformance.probing.evidence import Answer, Evidence, Refusal


@tells_apart
def invalid_client(refusal: Refusal, connection: Connection) -> Finding | None:
    """Return the finding of a credential that is refused without a reason; it depends on the kind of the credential."""
    kinds = {Certificate: "certificate_invalid", FederatedToken: "federation_mismatch"}
    cause = kinds.get(type(connection.credential))
    if cause is None:
        return None
    if late := _late(refusal, connection):
        return late
    original = refusal.finding
    return finding(
        cause, facts=connection.facts(), certainty="likely", also=("credential_missing",), code=original.code
    )


@tells_apart
def assertion_time(refusal: Refusal, connection: Connection) -> Finding | None:
    """Return the finding of an assertion that is outside its time range, or that is refused without a reason."""
    return _late(refusal, connection)


def _late(refusal: Refusal, connection: Connection) -> Finding | None:
    """Return the finding of an assertion outside its time range: this machine's clock is wrong, by the service's
    ``Date``, or the assertion is old.

    For an assertion that this machine has just signed, only the clock can be the cause. None for a client secret, which
    has no time range.
    """
    skew = refusal.exchange.skew if refusal.exchange else None
    if skew is None or abs(skew) <= TOLERATED_SKEW or isinstance(connection.credential, ClientSecret):
        return None
    signed_here = isinstance(connection.credential, Certificate)
    late_finding = finding(
        "clock_skew",
        facts=connection.facts(),
        certainty="certain" if signed_here else "likely",
        also=() if signed_here else ("assertion_expired",),
        explanation=f"The assertion was not valid at the time of the request, and this machine's clock is {abs(skew)}"
        f" {'ahead of' if skew.total_seconds() > 0 else 'behind'} the service's.",
        code=refusal.finding.code,
    )
    return replace(late_finding, about="tokens")


@tells_apart
def tenant_not_here(
    refusal: Refusal,
    connection: Connection,
    discovery_public: Evidence,
    discovery_usgov: Evidence,
    discovery_china: Evidence,
) -> Finding | None:
    """Return the finding of a tenant that is in another cloud than the connection's, as that cloud's discovery document
    shows; else None.
    """
    clouds = {"public": discovery_public, "usgov-gcc-high": discovery_usgov, "china": discovery_china}
    for name, evidence in clouds.items():
        login = CLOUDS[name].login
        if not isinstance(evidence, Answer):
            continue
        document: OpenIdConfiguration = evidence.data
        if document.cloud_instance_name is None or login.endswith(f".{document.cloud_instance_name}"):
            titles = " or ".join(cloud.title for cloud in CLOUDS.values() if cloud.login == login)
            return finding(
                "wrong_cloud",
                facts=connection.facts(),
                explanation=f"{connection.cloud.title} has no tenant {connection.tenant_id}; {titles} has.",
                code=refusal.finding.code,
            )
    if refusal.probe == "discovery" and refusal.finding.code is None:
        also = ("tenant_malformed", "wrong_cloud")
        return finding("tenant_not_found", facts=connection.facts(), certainty="likely", also=also)
    return None
