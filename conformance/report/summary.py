"""The report as Markdown, for the summary of a CI job and for tickets."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.changes import changed
from conformance.report.markdown import block, code, link, plain, table
from conformance.report.model import CheckPart, ConnectionPart, Document, RootCausePart
from conformance.report.provenance import provenance
from conformance.report.wording import OWNERS, SIGNS, counted, headline, next_action, plural, proof_of, request_summary
from conformance.verification.verdict import TROUBLE


def summary(document: Document) -> bytes:
    """Return the Markdown text: the verdict and the next action, then each connection in trouble with its checks
    folded.
    """
    status, sentence = headline(document)
    origin = provenance(document)
    lines = [f"**{plain(origin.sentence)}.**", ""] if origin else []
    lines += [f"## {SIGNS[status].sign} {plain(sentence)}", "", plain(next_action(document))]
    if document.stale:
        lines += ["", *(f"- {SIGNS['failed'].sign} {plain(acceptance.message)}" for acceptance in document.stale)]
    if len(document.connections) > 1:
        lines += ["", *_overview(document)]
    for connection in document.connections:
        since = list(changed(document, connection.name))
        if len(document.connections) == 1:
            lines += ["", *_connection(connection)]
        elif connection.verdict.status in TROUBLE or connection.accepted or since:
            lines += ["", f"### {SIGNS[connection.verdict.status].sign} {plain(connection.name)}"]
            lines += ["", *_connection(connection)]
        lines += ["", *(f"- {label}: {plain(text)}" for label, text in since)] if since else []
    run = document.run
    facts = f"{request_summary(run)}, source {run.source}, exit code {run.exit_code}"
    lines += ["", f"<sub>{plain(f'sentinel-conformance {document.suite.version}: {facts}')}</sub>"]
    return ("\n".join(lines) + "\n").encode()


def _overview(document: Document) -> Iterator[str]:
    rows = [
        [
            plain(connection.name),
            f"{SIGNS[connection.verdict.status].sign} {connection.verdict.status}",
            ", ".join(_cause_names(connection)) or "–",
        ]
        for connection in document.connections
    ]
    yield from table(["connection", "verdict", "root causes"], rows)


def _cause_names(connection: ConnectionPart) -> list[str]:
    return list(dict.fromkeys(code(cause.cause) for cause in connection.root_causes))


def _connection(part: ConnectionPart) -> Iterator[str]:
    yield plain(part.verdict.summary)
    for cause in part.root_causes:
        yield from _root_cause(cause)
    for cause in part.accepted:
        if accepted := cause.accepted:
            yield ""
            yield f"- {cause.check} {code(cause.cause)} is accepted until {accepted.expires}: {plain(accepted.reason)}"
    for check in part.checks:
        if check.outcome == "warning" and not check.accepted:
            yield from ("", f"- {SIGNS['warning'].sign} {check.id}: {plain(check.reason or check.title)}")
    yield from ("", f"<details><summary>All {len(part.checks)} checks: {counted(part.verdict.counts)}</summary>", "")
    rows = [[check.id, plain(check.title), _outcome(check)] for check in part.checks]
    yield from (*table(["check", "what has to hold", "outcome"], rows), "", "</details>")


def _outcome(check: CheckPart) -> str:
    sign = SIGNS[check.outcome]
    by = f" by {check.blocked_by}" if check.blocked_by else ""
    return f"{sign.sign} {sign.word}{by}{', accepted' if check.accepted else ''}"


def _root_cause(cause: RootCausePart) -> Iterator[str]:
    yield from ("", f"#### {cause.check} {link(code(cause.cause), cause.docs)}", "", plain(cause.explanation), "")
    yield f"- **Fix**, by {plain(OWNERS[cause.owner])}: {plain(cause.fix.text)}"
    if cause.fix.portal:
        yield f"- **Portal**: {plain(cause.fix.portal)}"
    if proof := proof_of(cause.evidence):
        yield f"- **Proof**: {' · '.join(map(plain, proof))}"
    if cause.also:
        yield f"- **Likely**; it could also be {', '.join(map(code, cause.also))}"
    if cause.blocks:
        yield f"- **Blocks** {plural(len(cause.blocks), 'other check')}"
    for command in cause.fix.commands:
        yield from ("", block(command))
