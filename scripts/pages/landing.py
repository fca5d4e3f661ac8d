"""The site's first page: a broken run and its fix on the virtual tenant, and an example for each reader."""

from __future__ import annotations

import re
import shlex
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from conformance import explain
from conformance.fakes import Fake
from conformance.fakes.controllable import ControllableTenant
from conformance.findings import CAUSES
from conformance.findings.command import options
from conformance.outputs.summary import ConnectionsSummary, FleetSummary
from conformance.report.document import document
from conformance.report.entry import Entry, entry
from conformance.report.fleet.aggregate import Aggregate
from conformance.report.handback.page import page as handback
from conformance.report.handback.texts import LANGUAGES
from conformance.report.model import Document
from conformance.report.terminal_layout import option_lines
from conformance.report.wording import OWNERS, SIGNS, capital, first_sentence, headline
from conformance.results.history import History, observation_of
from conformance.results.trend import past
from conformance.verification.api import verify
from scripts.pages.operations import ROOT, START, demo

SCENARIO = "no-azure-role"
COMMAND = "sentinel-conformance verify conn.toml"
EXAMPLES = "examples"
"""The folder of the site with the report, the pages for the customer and the fleet that the first page links to."""
CONTACT = "Ana Example, Contoso Onboarding, +1 555 0100"
PASTED = "AADSTS7000222: The provided client secret keys for app are expired."
FLEET = {
    "customer-03": ("expired-secret", 3),
    "customer-07": ("no-azure-role", 5),
    "customer-08": ("no-azure-role", 5),
    "customer-12": ("no-graph-consent", 0),
    "customer-19": ("table-on-basic-plan", 7),
    "customer-20": ("expired-secret", 1),
}
"""Scenarios by connection, each with the nights for which it has lasted; all others work."""
NIGHTS = 7
CONNECTIONS = 24
TEST = "test_a_role_that_was_taken_away_is_told"


@dataclass(frozen=True, slots=True)
class Repair:
    """A failed run, and the run after the command of its fix was executed."""

    broken: Document
    fixed: Document


@cache
def repair() -> Repair:
    """Verify the demo's connection without its role, assign the role by the command of the fix, and verify again;
    return both runs.
    """
    tenant = ControllableTenant(demo(), SCENARIO, START)
    broken = document([verify(demo(), source=tenant)], command=COMMAND)
    arguments = dict(options(shlex.split(broken.connections[0].root_causes[0].fix.commands[-1])))
    tenant.state.assign(arguments["--role"], to=arguments["--assignee-object-id"], scope=arguments["--scope"])
    return Repair(broken, document([verify(demo(), source=tenant)], command=COMMAND))


@cache
def fleet() -> FleetSummary:
    """Return the summary of the last of several nightly runs over the example's fleet, each connection in its scenario
    of the night.
    """
    names = [f"customer-{number:02}" for number in range(1, CONNECTIONS + 1)]
    nights = {ago: [_verified(name, ago) for name in names] for ago in range(NIGHTS, -1, -1)}
    with tempfile.TemporaryDirectory() as folder, History(Path(folder) / "history.db") as history:
        history.add(observation_of(run) for night in nights.values() for run in night)
        aggregate = Aggregate(str)
        for run in nights[0]:
            aggregate.add(run)
        overview = aggregate.overview(4.2, "all", COMMAND, past=partial(past, history))
    return FleetSummary(overview, lambda: iter(nights[0]))


def _verified(name: str, ago: int) -> Entry:
    scenario, lasting = FLEET.get(name, ("healthy", 0))
    run = _run(scenario if ago <= lasting else "healthy", ago)
    part = msgspec.structs.replace(run.part, name=name)
    return msgspec.structs.replace(run, name=name, connection=msgspec.Raw(msgspec.json.encode(part)))


@cache
def _run(scenario: str, ago: int) -> Entry:
    """Return the entry of a run over the demo's connection in a scenario, ``ago`` nights before ``START``."""
    night = START - timedelta(days=ago)
    run = entry(verify(demo(), source=Fake(scenario, night)), demo(), "all", COMMAND)
    return msgspec.structs.replace(run, source="fake", started=night)


def examples() -> dict[str, bytes]:
    """Return the files that the first page links to, by their path in the site."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ConnectionsSummary(repair().broken).write(folder, tuple(LANGUAGES), CONTACT)
        fleet().write(folder / "fleet", contact=CONTACT)
        paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".svg")]
        return {f"{EXAMPLES}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def page() -> str:
    """Return the first page: Markdown that is HTML as a whole."""
    broken, fixed = (report.connections[0] for report in (repair().broken, repair().fixed))
    (cause,) = broken.root_causes
    for_customer = handback(broken, START, "en")
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = templates.get_template("landing.html").render(
        command=COMMAND,
        broken=broken,
        fixed=fixed,
        cause=cause,
        means=capital(CAUSES[cause.cause].means),
        owner=capital(OWNERS[cause.owner]),
        fix=first_sentence(cause.fix.text).partition("; ")[0],
        lines=option_lines(cause.fix.commands[-1]),
        sentences={"broken": headline(repair().broken)[1], "fixed": headline(repair().fixed)[1]},
        signs=SIGNS,
        pasted=PASTED,
        meaning=explain(PASTED),
        capital=capital,
        owners=OWNERS,
        first_sentence=first_sentence,
        languages=LANGUAGES,
        asked=next(iter(for_customer.tasks.items())),
        fleet=fleet().fleet,
        test=shown_test(),
        examples=EXAMPLES,
    )
    return re.sub(r"\n\s*\n+", "\n", text)  # an empty line would end the HTML


def shown_test() -> str:
    """Return the test of the example connector that the page shows."""
    source = (ROOT / "examples" / "test_connector.py").read_text(encoding="utf-8")
    match = re.search(rf"^def {TEST}\(.*?(?=^\S|\Z)", source.replace("\n\n\n", "\n\0\n"), re.M | re.S)
    assert match, f"examples/test_connector.py has no {TEST}"
    return match[0].partition("\0")[0].rstrip()
