"""Several names for the results of one aggregate, ``(a, b) = arg_max(x, y)``: in words that the engine takes."""

from __future__ import annotations

from itertools import pairwise

from conformance.fakes.query.kql_functions import arguments
from conformance.fakes.query.kql_rows import last_word
from conformance.fakes.query.kql_tokens import Token, closing, replace, tokens


def name_apart(text: str) -> str:
    """Return the text with each name beside its own result, where the results are columns of their own; other forms
    stay, to be refused by name.
    """
    for _ in tokens(text):  # each step changes one tuple
        changed = _step(text, tokens(text))
        if changed is None:
            return text
        text = changed
    return text


def _step(text: str, words: list[Token]) -> str | None:
    for pipe, (pipe_sign, operator) in enumerate(pairwise(words)):
        if pipe_sign.text != "|" or operator.text != "summarize":
            continue
        last = last_word(words, pipe)
        for n in range(pipe + 2, len(words)):
            begins = words[n].text == "(" and words[n].depth == pipe_sign.depth and words[n].end <= last.start
            if begins and words[n - 1].text in ("summarize", ","):
                changed = _apart(text, words, n, (pipe, last))
                if changed is not None:
                    return changed
    return None


def _apart(text: str, words: list[Token], opening: int, operator: tuple[int, Token]) -> str | None:
    """Return the text with a tuple that opens at an index taken apart; None where it cannot be. ``operator``: the index
    of the pipe before it, and its last word.
    """
    pipe, last = operator
    end = closing(words, opening)
    if end is None or end + 3 >= len(words) or words[end + 1].text != "=" or words[end + 3].text != "(":
        return None
    function, close = words[end + 2].text, closing(words, end + 3)
    if close is None:
        return None
    names, values = arguments(text, words, opening, end), arguments(text, words, end + 3, close)
    span = (words[opening].start, words[close].end)
    if function == "percentiles" and len(names) == len(values) - 1:
        each = ", ".join(
            f"{name} = percentile({values[0]}, {share})" for name, share in zip(names, values[1:], strict=True)
        )
        return replace(text, [(*span, each)])
    columns = values[1 : len(names)]
    own = [word for word in words[pipe:] if word.end <= last.end]
    others = [word.text for word in own if word.start < span[0] or word.end > span[1]]
    plain = all(name.isidentifier() for name in (*names, *columns))
    if (
        function not in ("arg_max", "arg_min")
        or len(names) > len(values)
        or not plain
        or not {*columns}.isdisjoint(others)
    ):
        return None
    first = f"{names[0]} = {function}({', '.join(values)})"
    pairs = [f"{name} = {column}" for name, column in zip(names[1:], columns, strict=True) if name != column]
    renamed = f" | project-rename {', '.join(pairs)} " if pairs else ""
    return replace(text, [(*span, first), (last.end, last.end, renamed)])
