"""The site's page of each cause, and the list of causes. Links are relative to docs/findings.md; ``moved`` adapts them
to the site.
"""

from __future__ import annotations

import re

from conformance.checks.registry import Check, catalogue
from conformance.fakes import FAULTS, SCENARIOS
from conformance.findings import CAUSES
from conformance.findings.catalogue import Entry
from conformance.findings.catalogue import catalogue as entries
from conformance.findings.cause import Cause
from conformance.report.wording import OWNERS, capital
from scripts.pages.each_check import link
from scripts.pages.findings import answer, certainty, declared, groups, how_to_fix, name, service_title
from scripts.pages.markdown import cause, code, fault, prose, table
from scripts.pages.scenario_outcomes import ScenarioOutcomes

INDEX = """\
# Causes

{count} things that can be wrong, who fixes each, and how. From a code that a service gave,
[what the services say](findings.md#codes) leads here.
"""


def index() -> str:
    """Return the page that lists all causes."""
    parts = [INDEX.format(count=len(CAUSES))]
    for group, members in groups():
        rows = ((cause(member.id), prose(capital(member.means)), OWNERS[member.owner]) for member in members)
        parts += [f"## {group}\n", table(("cause", "what is the matter", "who fixes it"), rows)]
    return "\n".join(parts)


def page(subject: Cause, outcomes: ScenarioOutcomes) -> str:
    """Return the page of a cause."""
    parts = [
        f"# {subject.id}: {prose(subject.means)}\n",
        prose(subject.explanation) + "\n",
        "## How to fix it\n",
        *(f"{part}\n" for part in how_to_fix(subject)),
        *told_apart(subject),
        *codes(subject),
        *reported(subject, outcomes),
        *tried(subject),
    ]
    return "\n".join(parts)


def told_apart(subject: Cause) -> list[str]:
    """Return the section about other causes of the same answers, with the way to distinguish each."""
    parts = ["## Is it this?\n"]
    if subject.tell:
        parts.append(f"{prose(subject.tell)}\n")
    parts.append(f"{certainty(subject)}\n")
    others = dict.fromkeys(id for entry in meaning(subject) for id in (entry.cause, *entry.also) if id != subject.id)
    if others:
        parts.append("The same answers can have other causes:\n")
        rows = ((cause(id), prose(capital(CAUSES[id].means)), prose(CAUSES[id].tell or "")) for id in others)
        parts.append(table(("it could also be", "what is the matter", "how to find out"), rows))
    return parts


def meaning(subject: Cause) -> list[Entry]:
    """Return the catalogue's entries that name this cause as certain or possible."""
    return [entry for entry in entries() if subject.id == entry.cause or subject.id in entry.also]


def codes(subject: Cause) -> list[str]:
    """Return the section of errors that mean this cause, by API; Entra's bare numbers are on one line."""
    coded = [entry for entry in meaning(subject) if entry.id in declared()]
    numbers = [entry for entry in meaning(subject) if entry.id not in declared()]
    if not coded and not numbers:
        return []
    parts = ["## What says so\n"]
    if coded:
        rows = (
            (
                service_title(entry.id.partition(".")[0]),
                f"[{answer(declared()[entry.id])}](findings.md#{name(entry)})",
                entry.certainty if entry.cause == subject.id else "possible",
                prose(entry.explanation),
            )
            for entry in coded
        )
        parts.append(table(("API", "answer", "certainty", "meaning"), rows))
    if numbers:
        links = ", ".join(f"[{re.sub('^entra.', '', entry.id)}](findings.md#{name(entry)})" for entry in numbers)
        parts.append(f"Numbers of Microsoft Entra ID: {links}.\n")
    return parts


def reported(subject: Cause, outcomes: ScenarioOutcomes) -> list[str]:
    """Return the section that lists the checks that report a cause; empty without such a check."""
    rows = [
        (link(check), check.level, prose(check.title), ", ".join(subjects(subject, check)))
        for check in catalogue().values()
        if subject.id in {name.partition(":")[0] for name in check.owns} or subject.id in causes_found(check, outcomes)
    ]
    head = ("check", "level", "what must hold", "about")
    return ["## Which check reports it\n", table(head, rows)] if rows else []


def subjects(subject: Cause, check: Check) -> list[str]:
    """Return the subjects for which a check owns a cause; empty if the cause is not divided by subject."""
    return [about for name in check.owns for id, _, about in (name.partition(":"),) if id == subject.id and about]


def causes_found(check: Check, outcomes: ScenarioOutcomes) -> set[str | None]:
    """Return the causes with which a check ended in the scenarios."""
    return {outcome.cause for outcome in outcomes.finds.get(check.id, {}).values()}


def tried(subject: Cause) -> list[str]:
    """Return the section of scenarios and faults that simulate a cause on the virtual tenant."""
    rows = [
        (f"[{code(scenario.name)}](fakes.md#scenarios)", scenario.title)
        for scenario in SCENARIOS.values()
        if subject.id in scenario.causes + scenario.notes
    ]
    names = [scenario.name for scenario in SCENARIOS.values() if subject.id in scenario.causes + scenario.notes]
    for canned in FAULTS.values():
        if canned.becomes == subject.id and canned.endpoint and not canned.numbered:
            rows.append((fault(canned), f"{canned.status} from `{canned.endpoint}`"))
            names.append(canned.name)
    if not rows:
        return []
    return [
        "## Try it on the virtual tenant\n",
        f"```sh\npytest --sentinel-config=conn.toml --sentinel-source=fake:{names[0]}\n```\n",
        table(("scenario or fault", "what happened"), rows),
    ]


def nav() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the causes by group for the site's navigation, as id and path."""
    return [(group, [(member.id, f"causes/{member.id}.md") for member in members]) for group, members in groups()]
