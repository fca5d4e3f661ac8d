"""The texts of the hand-back page, in English and in the languages of the message catalogue."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path

from conformance.toml_file.tables import table

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ja": "日本語"}
"""The available languages, each with its own name."""
DATES: Mapping[str, str] = {
    "en": "{0.day} {0:%B %Y}",
    "de": "{0:%d.%m.%Y}",
    "fr": "{0:%d/%m/%Y}",
    "es": "{0:%d/%m/%Y}",
    "ja": "{0.year}年{0.month}月{0.day}日",
}
"""The format of a date in each language, for ``str.format``."""
DOMAIN = "handback"
LOCALE = Path(str(resources.files("conformance.report"))) / "locale"

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Task:
    """The task that belongs to a cause: one line, the steps, and a link that one of the steps contains.

    ``instead`` are other steps for a kind of connection, by :data:`conformance.findings.cause.KINDS`.
    """

    title: str
    steps: tuple[str, ...]
    link: str | None = None
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def steps_of(self, kinds: str) -> tuple[str, ...]:
        """Return the steps for a connection of these kinds, which are separated by spaces; the last kind with own steps
        wins.
        """
        return next((self.instead[kind] for kind in reversed(kinds.split()) if kind in self.instead), self.steps)


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts: ``page`` and ``roles`` by key, ``tasks`` by cause. ``portal`` are names in portal paths, ``ours`` are
    causes without a task for the customer.
    """

    page: Mapping[str, str]
    roles: Mapping[str, str]
    portal: frozenset[str]
    tasks: Mapping[str, Task]
    ours: frozenset[str]

    def messages(self) -> Iterator[tuple[str, str]]:
        """Yield the place of use and the text of everything that needs a translation; a text can occur more
        than once.
        """
        for part, texts in (("page", self.page), ("roles", self.roles)):
            yield from ((f"{part}.{key}", text) for key, text in texts.items())
        yield from (("portal", text) for text in sorted(self.portal))
        for cause, task in self.tasks.items():
            yield from ((cause, text) for text in (task.title, *task.steps, *chain(*task.instead.values())))


@cache
def texts() -> Texts:
    """Return the English texts of ``texts.toml``."""
    read = table(__package__, "texts.toml")
    return Texts(
        page=read["page"],
        roles=read["roles"],
        portal=frozenset(read["portal"]["names"]),
        tasks={
            cause: Task(
                row["title"],
                tuple(row["steps"]),
                row.get("link"),
                {kind: tuple(steps) for kind, steps in row.get("instead", {}).items()},
            )
            for cause, row in read["causes"].items()
        },
        ours=frozenset(read["ours"]["causes"]),
    )


@cache
def translation(language: str) -> Translate:
    """Return the function that translates English texts to one of ``LANGUAGES``."""
    if language == "en":
        return str
    return gettext.translation(DOMAIN, LOCALE, [language]).gettext
