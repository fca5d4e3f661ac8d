"""docs/fakes.md: the virtual tenant's scenarios, and how each of its answers is known."""

from __future__ import annotations

from itertools import groupby

from conformance.apis import ENDPOINTS
from conformance.fakes import FAULTS, ROUTES, SCENARIOS, Fault
from conformance.fakes.services.routes import PROVENANCE, Refuser
from conformance.report.wording import capital
from scripts.pages.findings import service_title
from scripts.pages.markdown import NOTE, TIERS, cause, causes, code, fault, source, table
from scripts.pages.operations import SPEAKERS

HEAD = """\
# The virtual tenant

A small model of a tenant - its apps, consents, roles, workspaces, data and clock - that answers under the services' own
addresses. It decides each answer from its state, as the services do, so a scenario changes the state and nothing else.
Nothing is patched, and nothing reaches the network.

    pytest --sentinel-config=conn.toml --sentinel-source=fake:SCENARIO     # or several, joined by +
    pytest --sentinel-config=conn.toml --sentinel-source=fake:arm/AuthenticationFailed.scheme    # a fault

Within Python it is a source for `verify`, and a transport for any httpx client:

```python
from random import Random

import httpx

from conformance import verify
from conformance.fakes import Fake, healthy, scenario
from conformance.fakes.living import Life

report = verify(connection, source=Fake("expired-secret"))


@scenario("alerts-taken-back", "the consent for alerts was taken back", "app_role_missing")
def taken_back(world):
    world.tenant.revoke("SecurityAlert.Read.All")


both = verify(connection, source=Fake("alerts-taken-back+no-azure-role"))

world = healthy(connection)  # or conformance.fakes.build(connection, "no-licence")
world.tenant.drop_table("SecurityIncident")
world.fault("graph/throttled", times=2)  # only the first two requests
world.life = Life(world, rate=3, random=Random(42))  # what happens between requests
client = httpx.AsyncClient(transport=world.transport())
```

[virtual-tenant.md](virtual-tenant.md) explains how it serves clients in any language, and how the tests of other
projects use it.
"""

LIVING = """\
## A living tenant

In the scenario `living`, things happen between any two requests: incidents, alerts and machines arrive, change, are
closed, merged and deleted, rows reach their tables, and what is new may be answered 404 for a while. Pages move along,
and continuation tokens run out once. A verification must find it as healthy as a fixed one; joined to another
scenario (`living+no-azure-role`) it must name the same cause.

`living:RATE:SEED` sets how many events happen between two requests on average (1 unless said; up to twice as many) and
which (0 unless said): the same numbers give the same life. It is served too:

    pytest --sentinel-config=conn.toml --sentinel-source=fake:living:3:42
    sentinel-fakes serve --scenario=living:3:42

In Python, `world.life` takes a `random.Random` of one's own, for instance that of `hypothesis.strategies.randoms()`.
"""

FAULTS_HEAD = """\
## Faults

Single answers that no state gives: older wordings, bare statuses, pages of proxies, and what only another client
provokes. A fault answers one operation in place of the tenant, and is named after the catalogue entry that reads it.
The check is the one that then fails, or is inconclusive. Those without an operation are met in pasted text only
(`--sentinel-explain`).
"""
NUMBERS = """\
Entra's numbers that no state gives are faults too, `entra/AADSTS50034` and the like: `entra.token` answers with the
number in Entra's form, with the OAuth error where it is known. What each number means is listed in
[findings](findings.md#aadsts-numbers).
"""


def page() -> str:
    """Return the text of docs/fakes.md."""
    scenarios = (
        (code(scenario.name), scenario.title, causes(scenario.causes), causes(scenario.notes), int(scenario.exit_code))
        for scenario in SCENARIOS.values()
    )
    parts = [
        NOTE,
        HEAD,
        "## Scenarios\n",
        table(("scenario", "what is the matter", "root cause", "warns of", "exit code"), scenarios),
        LIVING,
        "## How its answers are known\n",
        TIERS,
    ]
    for module in ROUTES:
        api = module.__name__.rpartition(".")[2]
        if api in SPEAKERS:
            parts += [f"### {capital(SPEAKERS[api].title)}\n", successes(api), refusals(api, module.refuse)]
    parts.append(FAULTS_HEAD)
    for service, members in groupby(FAULTS.values(), lambda canned: canned.service):
        parts += [f"### {service_title(service)}: faults\n", faults(list(members))]
        if service == "entra":
            parts.append(NUMBERS)
    return "\n".join(parts)


def successes(api: str) -> str:
    """Return the table of an API's answers and how each is known."""
    rows = (
        (
            f"[{code(name)}](permissions.md#{name})"
            if name in ENDPOINTS
            else code(name),  # that only other clients ask
            provenance.tier,
            source(provenance.source),
        )
        for name, provenance in PROVENANCE.items()
        if name.startswith(f"{api}.")
    )
    return table(("success", "tier", "source"), rows)


def refusals(api: str, refuse: Refuser) -> str:
    """Return the table of an API's refusals and how each is known."""
    rows = (
        (
            code(name),
            refusal.status,
            code(refusal.code) if refusal.code else "",
            cause(refusal.cause),
            provenance.tier,
            source(provenance.source),
        )
        for name, refusal in refuse.declared.items()
        for provenance in (PROVENANCE[f"{api}/{name}"],)
    )
    return table(("refusal", "status", "code", "means by itself", "tier", "source"), rows)


def faults(members: list[Fault]) -> str:
    """Return the table of a service's faults and how each is known."""
    rows = (
        (
            fault(member),
            member.status,
            code(member.endpoint) if member.endpoint else "",
            cause(member.becomes),
            member.check if member.endpoint else "",
            member.provenance.tier,
            source(member.provenance.source),
        )
        for member in members
        if not member.numbered
    )
    return table(("fault", "status", "operation", "root cause", "check", "tier", "source"), rows)
