"""The site's page of each check, and the list of checks. Links are relative to docs/checks.md; ``moved`` adapts them to
the site.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.registry import AREAS, Check, catalogue
from conformance.fakes import FAULTS
from conformance.findings import CAUSES
from conformance.report.wording import SIGNS
from scripts.pages.checks import probes, question, rests_on
from scripts.pages.findings import how_to_fix
from scripts.pages.markdown import cause, code, fault, inline, prose, source, table
from scripts.pages.operations import SHORT
from scripts.pages.scenario_outcomes import ScenarioOutcomes

LEVELS = {"must": "If it does not, the connection does not work.", "should": "If it does not, a run warns of it."}
INDEX = """\
# Checks

{count} statements that hold of a connection that works, in the order of the chain that it is.
`must` fails, `should` warns.
"""


def index() -> str:
    """Return the page that lists all checks."""
    parts = [INDEX.format(count=len(catalogue()))]
    for area, title in AREAS.items():
        rows = ((link(check), check.level, prose(check.title)) for check in of(area))
        parts += [f"## {title}\n", f"Alone: `-m {area}`\n", table(("check", "level", "what must hold"), rows)]
    return "\n".join(parts)


def of(area: str) -> list[Check]:
    """Return the checks of an area, in the catalogue's order."""
    return [entry for entry in catalogue().values() if entry.area == area]


def link(check: Check) -> str:
    """Return a Markdown link to a check."""
    return f"[{check.id}](checks.md#{check.id})"


def page(check: Check, outcomes: ScenarioOutcomes) -> str:
    """Return the page of a check."""
    selection = f"-m {check.marks[0]} -k {check.id}" if check.marks else f"-k {check.id}"
    parts = [
        f"# {check.id}: {prose(check.title)}\n",
        f"**{check.level}** · {AREAS[check.area]}. {LEVELS[check.level]}\n",
        "To look at it alone:\n",
        f"```sh\npytest --sentinel-config=conn.toml {selection}\n```\n",
        "## How it is judged\n",
        inline(check.description) + "\n",
        *promised(check),
        *asks(check),
        *reports(check, outcomes),
        *listed(
            "What can block it",
            "A cause that one of these reports leaves nothing to judge here.",
            blockers(check, outcomes),
        ),
        *listed("What depends on it", "What was seen to be blocked when this does not hold.", blocked(check, outcomes)),
        *simulations(check, outcomes),
    ]
    return "\n".join(parts)


def promised(check: Check) -> list[str]:
    """Return the section of the services' promises on which a check's own assertions rest."""
    rows = [(prose(promise.text), promise.tier, source(promise.source)) for promise in rests_on(check)]
    note = "A broken promise that is only inferred, or known from the field, warns at most.\n"
    return ["## What it rests on\n", note, table(("promise", "tier", "source"), rows)] if rows else []


def asks(check: Check) -> list[str]:
    """Return the section of a check's questions, with the least permission for each."""
    if not probes(check):
        return ["## What it asks\n", "Nothing: it looks at the connection file.\n"]
    questions = "\n".join(map(question, probes(check))) + "\n"
    parts = ["## What it asks\n", questions]
    if "{workspace}" in questions or "{sentinel}" in questions:
        parts.append(SHORT)
    if ", needs " in questions:
        parts.append(
            "[What to grant](permissions.md#what-to-grant) has the commands for all permissions and the role.\n"
        )
    return parts


def reports(check: Check, outcomes: ScenarioOutcomes) -> list[str]:
    """Return the section of causes that a check owns or has found in a scenario, each folded with its fix."""
    about: dict[str, list[str]] = {}
    for name in (
        *check.owns,
        *(outcome.cause for outcome in outcomes.finds.get(check.id, {}).values() if outcome.cause),
    ):
        id, _, subject = name.partition(":")
        about.setdefault(id, []).extend([subject] if subject and subject not in about.get(id, ()) else [])
    if not about:
        return []
    parts = ["## What it reports, and how to fix it\n"]
    for id, subjects in about.items():
        item = CAUSES[id]
        of = f" ({', '.join(subjects)})" if subjects else ""
        body = [prose(item.explanation), *how_to_fix(item), f"More: {cause(id)}"]
        parts.append(f'??? quote "{title(f"{id}{of}: {item.means}")}"\n')
        parts += [indented(text) + "\n" for text in body]
    return parts


def title(text: str) -> str:
    """Return a text as the title of a folded part."""
    return prose(text).replace('"', "&quot;")


def indented(text: str) -> str:
    """Return a text with each line indented by four spaces, except empty lines."""
    return "\n".join(f"    {line}" if line else "" for line in text.rstrip("\n").split("\n"))


def blockers(check: Check, outcomes: ScenarioOutcomes) -> frozenset[str]:
    """Return the ids of the checks that blocked a check in a scenario."""
    return outcomes.blockers.get(check.id, frozenset())


def blocked(check: Check, outcomes: ScenarioOutcomes) -> frozenset[str]:
    """Return the ids of the checks that a check blocked in a scenario."""
    return outcomes.blocked_by(check.id)


def listed(head: str, text: str, ids: Iterable[str]) -> list[str]:
    """Return a section that lists these checks; empty for no ids."""
    rows = [(link(check), prose(check.title)) for id, check in catalogue().items() if id in ids]
    return [f"## {head}\n", f"{text}\n", table(("check", "what must hold"), rows)] if rows else []


def simulations(check: Check, outcomes: ScenarioOutcomes) -> list[str]:
    """Return the section of scenarios and faults that make a check fail on the virtual tenant."""
    rows = [
        (f"[{code(name)}](fakes.md#scenarios)", SIGNS[outcome.status].word, outcome.cause and cause(outcome.cause))
        for name, outcome in outcomes.finds.get(check.id, {}).items()
    ]
    names = list(outcomes.finds.get(check.id, ()))
    for canned in FAULTS.values():
        if canned.check == check.id and canned.endpoint and not canned.numbered:
            rows.append((fault(canned), "", cause(canned.becomes)))
            names.append(canned.name)
    if not rows:
        return []
    return [
        "## See it on the virtual tenant\n",
        f"```sh\npytest --sentinel-config=conn.toml --sentinel-source=fake:{names[0]}\n```\n",
        table(("scenario or fault", "outcome", "cause"), rows),
    ]


def nav() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the checks by area for the site's navigation, as title and path."""
    return [
        (title, [(f"{check.id} {check.title}", f"checks/{check.id}.md") for check in of(area)])
        for area, title in AREAS.items()
    ]
