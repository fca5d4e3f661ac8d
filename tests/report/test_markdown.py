"""Markdown from texts of others: a parser of GitHub's flavour finds only text in it."""

from __future__ import annotations

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.findings.redact import printable
from conformance.report.markdown import block, code, plain, table

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = st.text(st.sampled_from("`*_[]()<>|~#@:/.-+=!&\\\n\r\t 1aw;x") | st.characters()) | st.text()


def on_one_line(text: str) -> str:
    return " ".join(printable(text).split())


def rendered(markdown: str, tags: str) -> str:
    """Return the text of the rendered page, which may have only these tags."""
    page = PARSER.render(markdown)
    assert not re.sub(rf"</?(?:{tags})(?: class=\"language-sh\")?>", "", page).count("<"), page
    return html.unescape(re.sub(r"<[^>]+>", "", page)).strip()


@given(HOSTILE)
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1)) ![y](https://evil.example/z.png)")
@example("1. not a list")
@example("</details> | cell |")
def test_a_text_is_rendered_as_one_paragraph(text: str) -> None:
    assert rendered(plain(text), "p") == on_one_line(text)


@given(HOSTILE)
def test_a_text_stays_in_its_cell(text: str) -> None:
    page = rendered("\n".join(table(["a", "b"], [[plain(text), "end"]])), "table|thead|tbody|tr|th|td")
    assert [line for line in page.split("\n") if line] == [
        part for part in ("a", "b", on_one_line(text), "end") if part
    ]


@given(HOSTILE.filter(lambda text: on_one_line(text) and "|" not in text))
def test_code_shows_a_text_unchanged(text: str) -> None:
    assert rendered("x " + code(text), "p|code") == f"x {on_one_line(text)}"


@given(HOSTILE)
def test_a_block_shows_a_text_unchanged(text: str) -> None:
    assert rendered(block(text), "pre|code") == printable(text).strip()


def test_mentions_issue_numbers_and_addresses_are_not_linked() -> None:
    text = plain("@octocat #12 https://evil.example www.evil.example")
    assert not re.search(r"@\w|#\d\b(?!;)|https://|www\.", text.replace("&#35;", "").replace("&#64;", ""))
