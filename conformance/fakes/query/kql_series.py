"""``make-series`` in its simple form, as summaries: one aggregate, bounds by hand, keys that are columns."""

from __future__ import annotations

from itertools import pairwise

from conformance.fakes.query.kql_additions import SERIES, SERIES_TIMES
from conformance.fakes.query.kql_rows import last_word
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens

NAMES = {"count": "count_", "countif": "countif_"}
"""Aggregates that have values for all groups of rows, with the name of their column where the query gives none; of the
others it has to.
"""
AGGREGATES = frozenset({*NAMES, "sum", "sumif", "dcount", "dcountif"})
STEP, VALUE, ALL = "_series_step", "_series_value", "_series_all"
CLAUSES = ("on", "from", "to", "step", "by")


def summarize_series(text: str) -> str:
    """Return the text with each simple ``make-series`` in other words; other forms stay, to be refused by name."""
    at = 0
    while (step := _first(text, at)) is not None:
        start, end, instead = step
        at = start + 1
        if instead is not None:
            text = replace(text, [(start, end, instead)])
    return text


def _first(text: str, at: int) -> tuple[int, int, str | None] | None:
    words = tokens(text)
    for pipe, (pipe_sign, operator) in enumerate(pairwise(words)):
        if pipe_sign.text == "|" and operator.text == "make-series" and operator.start >= at:
            last = last_word(words, pipe)
            own = [word for word in words[pipe + 2 :] if word.end <= last.end]
            return operator.start, last.end, _summaries(text, own, pipe_sign.depth)
    return None


def _summaries(text: str, own: list[Token], depth: int) -> str | None:
    """Return the operators that give the same rows; None for a form that is not simple."""
    clauses = _clauses(text, own, depth)
    if clauses is None:
        return None
    name, aggregate, default = _aggregate(text, own, depth)
    keys = [key.strip() for key in clauses["by"].split(",")] if clauses["by"] else []
    if name is None or not all(key.isidentifier() for key in (clauses["on"], *keys)):
        return None
    on, start, end, step = (f"({clauses[clause]})" for clause in CLAUSES[:4])
    groups = ", ".join([*keys, f"{ALL} = 1"])
    count = f"tolong(ceiling(({end} - {start}) / {step}))"
    projection = [*keys, f"{name} = {SERIES}({STEP}, {VALUE}, {count}, {default})"]
    projection.append(f"{clauses['on']} = {SERIES_TIMES}({start}, {step}, {count})")
    return (
        f"where {on} >= {start} and {on} < {end}"
        f" | summarize {VALUE} = {aggregate} by {groups}, {STEP} = tolong(floor(({on} - {start}) / {step}, 1))"
        f" | summarize {STEP} = make_list({STEP}), {VALUE} = make_list({VALUE}) by {', '.join([*keys, ALL])}"
        f" | project {', '.join(projection)} "
    )


def _clauses(text: str, own: list[Token], depth: int) -> dict[str, str] | None:
    """Return the text of each clause; None if one except ``by`` is missing."""
    places = [n for n, word in enumerate(own) if word.depth == depth and word.text in CLAUSES]
    names = [own[n].text for n in places]
    if names not in (list(CLAUSES), list(CLAUSES[:4])):
        return None
    ends = [own[n].start for n in places[1:]] + [own[-1].end]
    clauses = {own[n].text: text[own[n].end : end].strip() for n, end in zip(places, ends, strict=True)}
    return {"by": "", **clauses}


def _aggregate(text: str, own: list[Token], depth: int) -> tuple[str | None, str, str]:
    """Return name, aggregate and default of the series; no name if it is not simple."""
    head = own[: next(n for n, word in enumerate(own) if word.text == "on" and word.depth == depth)]
    name = None
    if len(head) > 2 and head[1].text == "=":
        name, head = head[0].text, head[2:]
    end = closing(head, 1) if len(head) > 2 and head[1].text == "(" and head[0].text in AGGREGATES else None
    if end is None:
        return None, "", ""
    rest = head[end + 1 :]
    if rest and (len(rest) != 3 or [rest[0].text, rest[1].text, rest[2].kind] != ["default", "=", "number"]):
        return None, "", ""
    name = name or NAMES.get(head[0].text)
    return name, text[head[0].start : head[end].end], rest[2].text if rest else "0"
