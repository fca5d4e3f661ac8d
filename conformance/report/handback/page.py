"""One hand-back page as data: the tasks of each administrator, in one language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from conformance.connection.clouds import CLOUDS
from conformance.findings.remedies import prose
from conformance.report.handback.texts import DATES, Translate, texts, translation
from conformance.report.model import ConnectionPart, FindingPart, StepPart
from conformance.report.provenance import Provenance

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
HINT = re.compile(r"<[a-z-]+>")
"""The text in place of an unknown value. Commands and steps that contain it are useless and are left out."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task. ``where`` are the portal paths, each as a tuple of its steps."""

    title: str
    steps: tuple[str, ...]
    link: str | None
    where: tuple[tuple[str, ...], ...]
    typed: tuple[StepPart, ...]
    likely: bool

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the commands alone, in the form for bash and zsh."""
        return tuple(step.command for step in self.typed)


@dataclass(frozen=True, slots=True)
class Page:
    """A page. ``text`` are its fixed texts by key, ``tasks`` are by heading, one for each administrator."""

    language: str
    title: str
    origin: str | None
    """The sentence that this is a simulation or a recording; None if the services themselves answered."""
    text: Mapping[str, str]
    opening: str
    facts: Mapping[str, str]
    tasks: Mapping[str, tuple[Task, ...]]


def page(
    connection: ConnectionPart, started: datetime, language: str, origin: Provenance | None = None, contact: str = ""
) -> Page:
    """Return the page for a connection. Accepted findings create no tasks.

    ``origin`` is given for a simulation or a recording, ``contact`` is the name and address of the sender.
    """
    say = translation(language)
    text = {key: say(phrase) for key, phrase in texts().page.items()}
    tasks: dict[str, list[Task]] = {}
    for part in _findings(connection):
        task = _task(part, _values(connection, part, language), say)
        of_role = tasks.setdefault(say(texts().roles[part.owner]), [])
        if not any(_same(task, other) for other in of_role):
            of_role.append(task)
    target = connection.target
    return Page(
        language=language,
        title=text["title" if tasks else "finished"],
        origin=text[origin.kind] if origin else None,
        text=text,
        opening=text[_opening(connection, bool(tasks))],
        facts={
            text["application"]: target.client_id,
            text["tenant"]: target.tenant_id,
            text["subscription"]: target.subscription_id,
            text["group"]: target.resource_group,
            text["workspace"]: target.workspace,
            text["checked"]: f"{DATES[language].format(started)}, {started:%H:%M} UTC",
            **({text["sender"]: contact} if contact else {}),
        },
        tasks={role: tuple(tasks_of_role) for role, tasks_of_role in tasks.items()},
    )


def _same(task: Task, other: Task) -> bool:
    """Return whether two tasks are the same under two titles: they have the same steps or the same commands."""
    return task.steps == other.steps or (bool(task.commands) and task.commands == other.commands)


def _findings(connection: ConnectionPart) -> Iterator[FindingPart]:
    """Yield the findings with a task for the customer, those that block most first.

    Warnings about the connection's own values, such as where a secret is stored, are not tasks for the customer.
    """
    noted = [
        check.finding
        for check in connection.checks
        if check.outcome == "warning" and check.finding and not check.accepted
    ]
    parts = (*connection.root_causes, *(part for part in noted if part.owner != "connection"))
    yield from (part for part in parts if part.cause in texts().tasks)


def _opening(connection: ConnectionPart, has_tasks: bool) -> str:
    status = connection.verdict.status
    if status == "conformant":
        return "attend" if has_tasks else "works"
    if not has_tasks:
        return "ours"
    return "broken" if status == "nonconformant" else "unsure"


def _values(connection: ConnectionPart, part: FindingPart, language: str) -> Mapping[str, str]:
    """Return the values of a task's placeholders: the ids of the connection and the values of the fix.

    Dates (``2027-03-01``) are written in the format of the language.
    """
    target = connection.target
    return {
        "client_id": target.client_id,
        "tenant_id": target.tenant_id,
        "login_host": CLOUDS[target.cloud].login.removeprefix("https://"),
        **{
            name: DATES[language].format(date.fromisoformat(value)) if DAY.fullmatch(value) else value
            for name, value in part.fix.values.items()
        },
    }


def _task(finding_part: FindingPart, values: Mapping[str, str], say: Translate) -> Task:
    task = texts().tasks[finding_part.cause]
    steps = [prose(say(step), values) for step in task.steps_of(finding_part.fix.values.get("kind", ""))]
    paths = [] if finding_part.fix.portal is None else finding_part.fix.portal.split("; ")
    return Task(
        title=prose(say(task.title), values),
        steps=tuple(step for step in steps if not HINT.search(step)),
        link=task.link and prose(task.link, values),
        where=tuple(
            tuple(say(part) if part in texts().portal else part for part in path.split(" > ")) for path in paths
        ),
        typed=tuple(step for step in finding_part.fix.steps if not HINT.search(step.command)),
        likely=finding_part.certainty == "likely",
    )
