"""docs/checks.md: every check, the rule by which it is judged, and its questions."""

from __future__ import annotations

from conformance.checks.assertions import assertions
from conformance.checks.promises import PROMISES, Promise
from conformance.checks.registry import AREAS, Check, catalogue
from conformance.probing.probe import PROBES
from scripts.pages.markdown import NOTE, anchor, causes, code, inline, prose, source, table
from scripts.pages.operations import SHORT, endpoint_of_probe, need, request

HEAD = """\
# Checks

`must` fails, `should` warns. Ids are stable: they are never given to another check. A check reports the causes that it
owns; every other check with such a cause is blocked by it. A question that several checks need is asked only once in a
run.

A statement of a `must` rests on [promises](#promises) of the services. A broken promise is a failure only if it is
documented, specified or recorded; an inferred promise, or one known only from the field, only warns. A refusal rests on
the entry that reads it ([findings](findings.md)), the shape of an answer on the page of its operation.
"""

PROMISES_HEAD = """\
## Promises

Promises of the services that checks rely on.
"""


def page() -> str:
    """Return the text of docs/checks.md."""
    parts = [NOTE, HEAD, SHORT]
    for area, title in AREAS.items():
        own = [entry for entry in catalogue().values() if entry.area == area]
        rows = (
            (
                f"[{check.id}](#{check.id})",
                check.level,
                check.title,
                causes(check.owns or (check.cause,)),
                ", ".join(map(code, probes(check))),
            )
            for check in own
        )
        head = ("id", "level", "what must hold", "causes that it owns", "probes that it needs")
        parts += [f"## {title} (`-m {area}`)\n", table(head, rows), *map(section, own)]
    promises = (
        (
            f"{anchor(f'promise-{promise.id}')}{code(promise.id)}",
            prose(promise.text),
            promise.tier,
            source(promise.source),
        )
        for promise in PROMISES.values()
    )
    parts += [PROMISES_HEAD, table(("promise", "text", "tier", "source"), promises)]
    return "\n".join(parts)


def rests_on(check: Check) -> list[Promise]:
    """Return the promises that a check's assertions name, each once."""
    ids = dict.fromkeys(id for assertion in assertions(check) for id in sorted(assertion.promises))
    return [PROMISES[id] for id in ids]


def probes(check: Check) -> tuple[str, ...]:
    """Return the names of the probes that a check needs, each once."""
    return tuple(dict.fromkeys(check.needs.values()))


def section(check: Check) -> str:
    """Return the section of a check."""
    parts = [f"{anchor(check.id)}\n\n### {check.id}: {check.title}\n", inline(check.description) + "\n"]
    if probes(check):
        parts += ["It asks:\n", "\n".join(map(question, probes(check))) + "\n"]
    if promises := rests_on(check):
        links = ", ".join(f"[{code(promise.id)}](#promise-{promise.id}) ({promise.tier})" for promise in promises)
        parts.append(f"It rests on: {links}.\n")
    if check.owns:
        parts.append(f"Causes that it owns: {causes(check.owns)}.\n")
    if check.marks:
        parts.append(f"Only with `-m {check.marks[0]}`.\n")
    return "\n".join(parts)


def question(probe: str) -> str:
    """Return a probe with its operation."""
    endpoint, summary = (
        endpoint_of_probe()[probe],
        inline(PROBES[probe].function.__doc__).partition("\n\n")[0].replace("\n", " "),
    )
    return (
        f"- {code(probe)}: {request(endpoint)}"
        + (f", needs {needs}" if (needs := need(endpoint)) else "")
        + f" ([{endpoint.name}](permissions.md#{endpoint.name}), [source]({endpoint.source}))"
        + (f". {summary}" if summary else "")
    )
