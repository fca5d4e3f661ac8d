"""The site's page of each cause, and the list of them. Links are those of docs/findings.md; ``moved`` leads them on."""

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
from scripts.pages.findings import answer, certainty, declared, groups, mend, name, service_title
from scripts.pages.markdown import cause, code, fault, prose, table
from scripts.pages.seen import Seen

INDEX = """\
# Causes

{count} things that can be wrong, who mends each, and how. From a code that a service gave,
[what the services say](findings.md#codes) leads here.
"""


def index() -> str:
    parts = [INDEX.format(count=len(CAUSES))]
    for group, members in groups():
        rows = ((cause(member.id), prose(capital(member.means)), OWNERS[member.owner]) for member in members)
        parts += [f"## {group}\n", table(("cause", "what is the matter", "who mends it"), rows)]
    return "\n".join(parts)


def page(one: Cause, seen: Seen) -> str:
    parts = [
        f"# {one.id}: {prose(one.means)}\n",
        prose(one.explanation) + "\n",
        "## How to mend it\n",
        *(f"{part}\n" for part in mend(one)),
        *told_apart(one),
        *said(one),
        *reported(one, seen),
        *tried(one),
    ]
    return "\n".join(parts)


def told_apart(one: Cause) -> list[str]:
    """What else the same answers can mean, and how to find out."""
    parts = ["## Is it this?\n"]
    if one.tell:
        parts.append(f"{prose(one.tell)}\n")
    parts.append(f"{certainty(one)}\n")
    others = dict.fromkeys(id for entry in meaning(one) for id in (entry.cause, *entry.also) if id != one.id)
    if others:
        parts.append("The same answers can have other causes:\n")
        rows = ((cause(id), prose(capital(CAUSES[id].means)), prose(CAUSES[id].tell or "")) for id in others)
        parts.append(table(("it could also be", "what is the matter", "how to find out"), rows))
    return parts


def meaning(one: Cause) -> list[Entry]:
    """The catalogue's entries that allow it."""
    return [entry for entry in entries() if one.id == entry.cause or one.id in entry.also]


def said(one: Cause) -> list[str]:
    """What the services answer, by API; Entra's bare numbers in a line."""
    found = [entry for entry in meaning(one) if entry.id in declared()]
    numbers = [entry for entry in meaning(one) if entry.id not in declared()]
    if not found and not numbers:
        return []
    parts = ["## What says so\n"]
    if found:
        rows = (
            (
                service_title(entry.id.partition(".")[0]),
                f"[{answer(declared()[entry.id])}](findings.md#{name(entry)})",
                entry.certainty if entry.cause == one.id else "possible",
                prose(entry.explanation),
            )
            for entry in found
        )
        parts.append(table(("API", "answer", "certainty", "meaning"), rows))
    if numbers:
        shown = ", ".join(f"[{re.sub('^entra.', '', entry.id)}](findings.md#{name(entry)})" for entry in numbers)
        parts.append(f"Numbers of Microsoft Entra ID: {shown}.\n")
    return parts


def reported(one: Cause, seen: Seen) -> list[str]:
    rows = [
        (link(check), check.level, prose(check.title), ", ".join(subjects(one, check)))
        for check in catalogue().values()
        if one.id in {name.partition(":")[0] for name in check.owns} or one.id in found(check, seen)
    ]
    head = ("check", "level", "what must hold", "about")
    return ["## Which check reports it\n", table(head, rows)] if rows else []


def subjects(one: Cause, check: Check) -> list[str]:
    return [about for name in check.owns for id, _, about in (name.partition(":"),) if id == one.id and about]


def found(check: Check, seen: Seen) -> set[str | None]:
    return {outcome.cause for outcome in seen.finds.get(check.id, {}).values()}


def tried(one: Cause) -> list[str]:
    """How to meet it on the virtual tenant: by a scenario, or by a fault."""
    rows = [
        (f"[{code(scenario.name)}](fakes.md#scenarios)", scenario.title)
        for scenario in SCENARIOS.values()
        if one.id in scenario.causes + scenario.notes
    ]
    names = [scenario.name for scenario in SCENARIOS.values() if one.id in scenario.causes + scenario.notes]
    for canned in FAULTS.values():
        if canned.becomes == one.id and canned.endpoint and not canned.numbered:
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
    """The causes by group, as the site's navigation lists them."""
    return [(group, [(member.id, f"causes/{member.id}.md") for member in members]) for group, members in groups()]
