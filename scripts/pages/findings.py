"""docs/findings.md: every cause with its fix, and every code that a service may answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from typing import Any

from conformance.findings import CAUSES
from conformance.findings.catalogue import Entry, catalogue
from conformance.findings.cause import Cause
from conformance.findings.command import Step
from conformance.findings.data import load
from conformance.findings.remedies import fix
from conformance.findings.remedies import prose as filled
from conformance.report.wording import OWNERS, capital
from scripts.pages.markdown import NOTE, TIERS, anchor, cause, causes, code, prose, source, table
from scripts.pages.operations import SPEAKERS

HEAD = """\
# Findings

All possible causes, with owner and fix. Each cause and each [code](#codes) has an anchor. In the commands, names such
as `<client-id>` are placeholders; a report fills them in from the connection. They run in bash, zsh, PowerShell,
cmd.exe and Azure Cloud Shell, unless another form is given.
"""
CODES = f"""\
# Codes

Errors of the services, and their meaning. `certain`: the answer allows no other cause. `likely`: it allows other
causes, which are named; if further answers can decide, the rule with the given name reads them.

{TIERS}"""
NUMBERS = """\
### AADSTS numbers

{count} numbers, as Microsoft lists them. *Another flow*: these numbers occur in a user's sign-in, with devices, SAML or
consent pages. An app that signs in without a user does not get them, so they show that another flow is in use.
"""
GROUPS = {
    "connection": "The connection file",
    "token": "Entra issues no token",
    "token_use": "A token is not accepted",
    "permission": "Permissions and consent",
    "rbac": "Azure roles",
    "resource": "Azure resources",
    "data": "Data and queries",
    "service": "The services themselves",
    "network": "The network",
    "attention": "What needs attention soon",
    "none": "Anything else",
}
"""The titles of the groups of causes.toml."""


def page() -> str:
    """Return the text of docs/findings.md."""
    parts = [NOTE, HEAD]
    for title, members in groups():
        parts += [f"## {title}\n", *map(section, members)]
    return "\n".join([*parts, all_codes()])


def groups() -> list[tuple[str, list[Cause]]]:
    """Return the title of each group with its causes."""
    return [(GROUPS[group], list(members)) for group, members in groupby(CAUSES.values(), lambda cause: cause.group)]


def all_codes() -> str:
    """Return the tables of codes, for each service."""
    parts = [CODES]
    for service in (*(name for name in SPEAKERS if name != "entra"), "other", "network", "entra"):
        parts += [f"## {service_title(service)}\n", codes(service)]
    return "\n".join([*parts, numbers()])


def service_title(service: str) -> str:
    """Return the title of a catalogue's service. Raises KeyError for an unknown one."""
    if service in SPEAKERS:
        return capital(SPEAKERS[service].title)
    return {"other": "Other services of Microsoft", "network": "Proxies, gateways and networks"}[service]


def section(subject: Cause) -> str:
    """Return the section of a cause."""
    parts = [
        f"{anchor(subject.id)}\n\n### {subject.id}",
        prose(f"{capital(subject.means)}."),
        prose(subject.explanation),
        *how_to_fix(subject),
        *([f"To find out whether it is this: {prose(subject.tell)}"] if subject.tell else []),
        certainty(subject),
    ]
    return "\n\n".join(parts) + "\n"


def how_to_fix(subject: Cause) -> list[str]:
    """Return owner and fix, the commands with their placeholders, the portal's path, and advice for trying again."""
    remedy = fix(subject, {})
    parts = [f"**{capital(OWNERS[subject.owner])}**: {prose(filled(subject.fix, {}))}"]
    if remedy.commands:
        parts.append("```sh\n" + "\n".join(remedy.commands) + "\n```")
        parts += details(remedy.steps)
    if remedy.portal:
        parts.append(f"**In the portal**: {prose(remedy.portal)}")
    if subject.again:
        parts.append(f"**Then**: {prose(filled(subject.again, {}))}")
    for kind in subject.instead:
        other = subject.of(kind)
        texts = [other.fix, *([f"In the portal: {other.portal}."] if other.portal != subject.portal else [])]
        parts.append(f"**{KIND_TITLES[kind]}**: {' '.join(prose(filled(text or '', {})) for text in texts)}")
    return parts


KIND_TITLES = {
    "managed_identity": "With a managed identity",
    "lighthouse": "With Azure Lighthouse",
    "multi_tenant": "With a multi-tenant app",
    "sending": "For log ingestion",
}
SHELLS = {"powershell": "In PowerShell", "cmd": "In cmd.exe", "macos": "On macOS"}


def details(steps: Iterable[Step]) -> list[str]:
    """Return the roles that may run the commands, their forms for other shells, and how to undo them."""
    roles = list(dict.fromkeys(step.role for step in steps if step.role))
    parts = [f"**Needs**: {prose('; '.join(roles))}."] if roles else []
    for name, title in SHELLS.items():
        if forms := [step.shells[name] for step in steps if name in step.shells]:
            parts.append(f"**{title}**:\n\n```sh\n" + "\n".join(forms) + "\n```")
    if undoing := list(dict.fromkeys(step.undo for step in steps if step.undo)):
        parts.append("**To take it back**:\n\n```sh\n" + "\n".join(undoing) + "\n```")
    return parts


def certainty(subject: Cause) -> str:
    """Return a sentence on whether the cause is a failure of the tenant."""
    if subject.conclusive:
        return (
            "Conclusive: a service says it, or the connection shows it. The check that reports it fails, or warns if\n"
            "it only `should` hold."
        )
    return (
        "Not conclusive: no service says so itself. The check that reports it is inconclusive, never failed, and what\n"
        "depends on it could not be established."
    )


def codes(service: str) -> str:
    """Return the table of an API's catalogue; bare AADSTS numbers have their own table."""
    return table(
        ("entry", "answer", "cause", "certainty", "evidence", "meaning"),
        (
            (
                anchor(name(entry)) + code(name(entry)),
                answer(declared()[entry.id]),
                cause(entry.cause, ""),
                sure(entry),
                f"{entry.evidence}: {source(entry.source)}",
                prose(entry.explanation),
            )
            for entry in catalogue()
            if entry.id in declared() and entry.id.startswith(f"{service}.")
        ),
    )


@cache
def declared() -> Mapping[str, Mapping[str, Any]]:
    """Return the entries as written in their files, by id, without bare numbers that only have a meaning."""
    return {
        f"{service}.{row['id']}": row for service in (*SPEAKERS, "other", "network") for row in load(service)["entry"]
    }


def sure(entry: Entry) -> str:
    """Return the certainty of an entry's cause, the other causes, and the rule that decides between them."""
    parts: list[str] = [entry.certainty]
    if entry.also:
        parts.append(f"else {causes(entry.also, '')}")
    if entry.tell_apart:
        parts.append(f"rule {code(entry.tell_apart)}")
    return "; ".join(parts)


def name(entry: Entry) -> str:
    """Return the anchor of an entry; Entra's numbers have no prefix."""
    return entry.id.removeprefix("entra.")


def answer(row: Mapping[str, Any]) -> str:
    """Return the criteria of an entry, as written in its file."""
    parts = [str(status) for status in row.get("status", ())]
    parts += [f"AADSTS{number}" for number in row.get("aadsts", ())]
    parts += [code(value) for key in ("code", "inner") for value in row.get(key, ())]
    parts += [f"header {code(header)}" for header in row.get("header", ())]
    parts += [f"{shape} body" for shape in row.get("shape", ())]
    parts += [f"host of {service.replace('_', ' ')}" for service in row.get("other", ())]
    parts += ["path"] if "path" in row else []
    return ", ".join([*parts, "words"] if "text" in row or "anywhere" in row else parts)


def numbers() -> str:
    """Return the numbers that Entra documents, in ascending order; those of user flows without their common text."""
    flows = {int(number): means for rows in load("entra")["user_flow"].values() for number, means in rows.items()}
    by_number = {
        int(match[1]): entry for entry in catalogue() if (match := re.fullmatch(r"entra\.AADSTS(\d+)", entry.id))
    }
    rows = (
        (
            anchor(name(entry)) + str(number),
            cause(entry.cause, ""),
            "another flow" if number in flows else "an app",
            prose(flows.get(number, entry.explanation)),
        )
        for number, entry in sorted(by_number.items())
    )
    return NUMBERS.format(count=len(by_number)) + "\n" + table(("AADSTS", "cause", "flow", "meaning"), rows)
