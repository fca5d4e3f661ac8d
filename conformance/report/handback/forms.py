"""The hand-back page as files: HTML for mail or print, Markdown for tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from conformance.files.slugs import slugs
from conformance.report.handback.page import Page, Task, page
from conformance.report.markdown import block, plain
from conformance.report.model import Document
from conformance.report.provenance import provenance
from conformance.report.templates import environment, text_of
from conformance.report.terminal_layout import option_lines
from conformance.report.wording import SHELLS, forms

PACKAGE = "conformance.report.handback"


def handbacks(document: Document, languages: Sequence[str], contact: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the file name and the content of every page; each page shows one connection, since customers must not see
    each other's.

    Files in the first language have no language in their name, the others do: ``handback.html``, ``handback.de.html``.
    With several connections the name is added: ``handback-contoso.html``. ``contact`` is the name and address of the
    sender.

    A connection for which only some of the checks ran has no page: the customer would take it for complete.
    """
    names = slugs(connection.name for connection in document.connections)
    for connection, name in zip(document.connections, names, strict=True):
        if connection.verdict.coverage:
            continue
        stem = "handback" if len(names) == 1 else f"handback-{name}"
        for language in languages:
            tail = "" if language == languages[0] else f".{language}"
            page_data = page(connection, document.run.started, language, provenance(document), contact)
            for suffix, form in FORMS.items():
                yield f"{stem}{tail}.{suffix}", form(page_data)


def html(page: Page) -> bytes:
    """Return the page as one self-contained HTML file."""
    template = environment(PACKAGE).get_template("handback.html")
    return template.render(
        page=page, forms=forms, option_lines=option_lines, style=_own("handback.css"), script=_own("handback.js")
    ).encode()


def _own(name: str) -> Markup:
    return Markup(text_of(PACKAGE, name))  # noqa: S704 - our own


def markdown(page: Page) -> bytes:
    """Return the page as Markdown, for a ticket."""
    text = page.text
    lines = [f"**{plain(page.origin)}**", ""] if page.origin else []
    lines += [f"# {plain(page.title)}", "", plain(page.opening)]
    if not page.tasks:
        lines += ["", f"**{plain(text['nothing'])}**"]
    lines += ["", f"## {plain(text['about'])}", ""]
    lines += [f"- {plain(name)}: {plain(value)}" for name, value in page.facts.items()]
    for role, tasks in page.tasks.items():
        lines += ["", f"## {plain(role)}"]
        for task in tasks:
            lines += _task_lines(task, text)
    if page.tasks:
        lines += ["", "---", "", *(f"- {plain(text[key])}" for key in ("done", "secrets", "doubt", "labels"))]
    return ("\n".join(lines) + "\n").encode()


FORMS: Mapping[str, Callable[[Page], bytes]] = {"html": html, "md": markdown}


def _task_lines(task: Task, text: Mapping[str, str]) -> Iterator[str]:
    yield from ("", f"### {plain(task.title)}", "")
    if task.likely:
        yield from (plain(text["likely"]), "")
    yield from (f"{number}. {plain(step)}" for number, step in enumerate(task.steps, 1))
    if task.link:
        yield from ("", f"{plain(text['link'])}: <{task.link}>")
    if task.where:
        yield from ("", f"{plain(text['where'])}:", "")
        yield from (f"- {' › '.join(map(plain, path))}" for path in task.where)
    if task.commands:
        yield from ("", f"{plain(text['command'])}:")
        for step in task.typed:
            yield from ("", block(step.command))
            for shell, command in step.shells.items():
                yield from ("", f"{SHELLS[shell]}:", "", block(command))
            if step.role:
                yield from ("", f"{plain(text['needs'])}: {plain(step.role)}")
            if step.undo:
                yield from ("", f"{plain(text['undo'])}:", "", block(step.undo))
