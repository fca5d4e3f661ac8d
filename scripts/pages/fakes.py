"""docs/fakes.md: the virtual tenant's scenarios, and the evidence for each of its answers."""

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

A small model of a tenant (its apps, consents, roles, workspaces, data and clock) that answers under the services' own
addresses. Like the services, it derives each answer from its state, so a scenario changes only the state. Nothing is
patched, and nothing reaches the network.

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

[virtual-tenant.md](virtual-tenant.md) explains how to use it with clients in any language, and in the tests of other
projects.
"""

LIVING = """\
## A living tenant

In the scenario `living`, events happen between any two requests: incidents, alerts and machines arrive, change, are
closed, merged and deleted, rows arrive in their tables, and new items may be answered with 404 for a while. Pages
shift, and a continuation token expires once. A verification must find it as healthy as an unchanging tenant; joined to
another scenario (`living+no-azure-role`) it must name the same cause.

`living:RATE:SEED` sets the average number of events between two requests (default 1; at most twice as many) and their
seed (default 0): the same numbers give the same events. It can be served too:

    pytest --sentinel-config=conn.toml --sentinel-source=fake:living:3:42
    sentinel-fakes serve --scenario=living:3:42

In Python, `world.life` accepts your own `random.Random`, for instance from `hypothesis.strategies.randoms()`.
"""

FAULTS_HEAD = """\
## Faults

Single answers that no state produces: older wordings, bare statuses, pages of proxies, and answers to other clients. A
fault answers one operation instead of the tenant, and has the name of the catalogue entry that reads it. The column
"check" has the check that then fails, or is inconclusive. Faults without an operation appear only in pasted text
(`--sentinel-explain`).
"""
NUMBERS = """\
Entra's numbers that no state produces are faults too, such as `entra/AADSTS50034`: `entra.token` answers with the
number in Entra's form, with the OAuth error if it is known. The meaning of each number is in
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
        table(("scenario", "situation", "root cause", "warns about", "exit code"), scenarios),
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
    """Return the table of an API's answers and their evidence."""
    rows = (
        (
            f"[{code(name)}](permissions.md#{name})" if name in ENDPOINTS else code(name),  # only other clients call it
            provenance.tier,
            source(provenance.source),
        )
        for name, provenance in PROVENANCE.items()
        if name.startswith(f"{api}.")
    )
    return table(("success", "tier", "source"), rows)


def refusals(api: str, refuse: Refuser) -> str:
    """Return the table of an API's refusals and their evidence."""
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
    return table(("refusal", "status", "code", "meaning alone", "tier", "source"), rows)


def faults(members: list[Fault]) -> str:
    """Return the table of a service's faults and their evidence."""
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
