"""docs/findings.md: every cause with its fix, and every code that a service may answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from conformance.apis.endpoint import APIS
from conformance.findings import CAUSES
from conformance.findings.cause import Cause, load
from conformance.findings.match import Entry, catalogue
from conformance.findings.remedies import fix
from conformance.report.words import OWNERS
from pages.markdown import NOTE, TIERS, anchor, cause, causes, code, prose, source, table

HEAD = """\
# Findings

What can be wrong, who mends it and how. Each cause and each [code](#codes) has an anchor. In the commands,
`<client-id>` and the like stand for what a report fills in from the connection.
"""
CODES = f"""\
# Codes

What the services say, and what it means. `certain`: the answer allows no other cause. `likely`: it does, and what else
it can be is named; where more answers can tell, a rule of the name given reads them.

{TIERS}"""
NUMBERS = """\
### AADSTS numbers

{count} numbers, as Microsoft lists them. *Another flow*: met in a user's sign-in, with devices, SAML or consent pages.
An app that signs in by itself does not meet these, so they show that another flow is in use.
"""


def page() -> str:
    parts = [NOTE, HEAD]
    for group, members in groupby(CAUSES.values(), lambda one: one.group):
        parts += [f"## {group.replace('_', ' ').capitalize()}\n", *map(section, members)]
    parts.append(CODES)
    for service in (*(name for name in APIS if name != "entra"), "network", "entra"):
        title = APIS[service].title if service in APIS else "Proxies, gateways and networks"
        parts += [f"## {title}\n", codes(service)]
    return "\n".join([*parts, numbers()])


def section(one: Cause) -> str:
    mend = fix(one, {})
    parts = [
        f"{anchor(one.id)}\n\n### {one.id}\n",
        prose(f"{one.means[0].upper()}{one.means[1:]}.\n"),
        f"{prose(one.explanation)}\n",
        f"**{OWNERS[one.owner]}**: {prose(mend.text)}\n",
    ]
    if one.tell:
        parts.append(f"To find out whether it is this: {prose(one.tell)}\n")
    if mend.commands:
        parts.append("```sh\n" + "\n".join(mend.commands) + "\n```\n")
    if mend.portal:
        parts.append(f"Portal: {prose(mend.portal)}\n")
    if one.conclusive:
        parts.append("Conclusive: a service says it, or the connection shows it.\n")
    else:
        parts.append("Not conclusive: never a failure of the tenant; what depends on it could not be established.\n")
    return "\n".join(parts)


def codes(service: str) -> str:
    """The entries of an API's catalogue; bare AADSTS numbers have a table of their own."""
    rows = {f"{service}.{row['id']}": row for row in load(service)["entry"]}
    head = ("entry", "answer", "cause", "certainty", "can also be", "told apart by", "meaning", "tier", "source")
    return table(
        head,
        (
            (
                anchor(name(one)) + code(name(one)),
                answer(rows[one.id]),
                cause(one.cause, ""),
                one.certainty,
                causes(one.also, ""),
                one.tell_apart and code(one.tell_apart),
                prose(one.explanation),
                one.evidence,
                source(one.source),
            )
            for one in catalogue()
            if one.id in rows
        ),
    )


def name(entry: Entry) -> str:
    """The anchor of an entry: Entra's numbers go by themselves."""
    return entry.id.removeprefix("entra.")


def answer(row: Mapping[str, Any]) -> str:
    """What an entry looks for, as its file spells it."""
    said = [str(status) for status in row.get("status", ())]
    said += [f"AADSTS{number}" for number in row.get("aadsts", ())]
    said += [code(one) for key in ("code", "inner") for one in row.get(key, ())]
    said += [f"header {code(header)}" for header in row.get("header", ())]
    said += [f"{shape} body" for shape in row.get("shape", ())]
    return ", ".join([*said, "words"] if "text" in row else said)


def numbers() -> str:
    """The numbers that Entra documents, in their order; those of user flows without what all of them have in common."""
    flows = {int(number): means for rows in load("entra")["user_flow"].values() for number, means in rows.items()}
    found = {int(match[1]): one for one in catalogue() if (match := re.fullmatch(r"entra\.AADSTS(\d+)", one.id))}
    rows = (
        (
            anchor(name(one)) + str(number),
            cause(one.cause, ""),
            "another flow" if number in flows else "an app",
            prose(flows.get(number, one.explanation)),
        )
        for number, one in sorted(found.items())
    )
    return NUMBERS.format(count=len(found)) + "\n" + table(("AADSTS", "cause", "met by", "meaning"), rows)
