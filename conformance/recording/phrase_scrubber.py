"""Scrubbing of error texts: first values with a known form, then known names, then every word that services
do not use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.recording import pseudonym_kinds, vocabulary
from conformance.recording.date_shift import DateShift
from conformance.recording.patterns import IDENTIFYING
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.service_words import CODE, TOKEN, is_of_services

QUOTED = re.compile(
    r"(?P<noun>\b(?:directory|tenant|user|account|workspace|group|subscription|application|client|device|policy"
    r"|host|named)\W{1,4})?(?<!\w)['\"‘“](?P<what>[^'\"‘’“”\n]{2,120})['\"’”](?!\w)",
    re.IGNORECASE,
)
"""A quoted part of an error text, and the noun before it, which says what it is."""


class PhraseScrubber:
    """Scrubber of error texts.

    ``identifying`` and ``by_form`` return the scrubbed text of a value that is recognised by its form, and None for any
    other value.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        shift: DateShift,
        identifying: Callable[[str], str | None],
        by_form: Callable[[str], str | None],
    ) -> None:
        self._pseudonyms, self._shift = pseudonyms, shift
        self._identifying, self._by_form = identifying, by_form
        self._own_names = pseudonyms.known_in()

    def phrase(self, value: str) -> str:
        """Return the scrubbed error text: values with a known form are replaced first, then known names, then every
        unknown word.
        """
        parts, end = [], 0
        text = QUOTED.sub(self._scrub_quoted, self._shift.within(value))
        for match in IDENTIFYING.finditer(text):
            parts.append(self._known_names(text[end : match.start()]))
            words = match.group()
            bare = words.rstrip(".,;:)'")
            parts.append(
                (self._identifying(bare) or self._by_form(bare) or self._known_names(bare)) + words[len(bare) :]
            )
            end = match.end()
        parts.append(self._known_names(text[end:]))
        return joined(parts)

    def _known_names(self, text: str) -> str:
        if self._own_names is None:
            return TOKEN.sub(self._unknown_word, text)
        parts, end = [], 0
        for match in self._own_names.finditer(text):
            pseudonym = self._pseudonyms.existing(match.group())
            if pseudonym is None or all(map(is_of_services, TOKEN.findall(match.group()))):
                continue
            parts += [TOKEN.sub(self._unknown_word, text[end : match.start()]), pseudonym]
            end = match.end()
        return "".join([*parts, TOKEN.sub(self._unknown_word, text[end:])])

    def _scrub_quoted(self, match: re.Match[str]) -> str:
        """Return the scrubbed form of a quoted part. It is replaced as a name, unless it has a known form or is a word
        of the services.
        """
        whole, what = match.group(), match.group("what")
        is_token = TOKEN.fullmatch(what) is not None
        if IDENTIFYING.search(what) or pseudonym_kinds.ANY.fullmatch(what) or what.lower() in vocabulary.names():
            return whole
        if is_token and (CODE.fullmatch(what) or not match.group("noun")):
            return whole
        return whole.replace(what, self._pseudonyms.of(what, pseudonym_kinds.NAME))

    def _unknown_word(self, match: re.Match[str]) -> str:
        token = match.group()
        bare = token.strip(".-/@_~+$%’…–—")
        if not bare or is_of_services(bare) or pseudonym_kinds.ANY.fullmatch(bare):
            return token
        return token.replace(bare, self._by_form(bare) or self._pseudonyms.of(bare, pseudonym_kinds.TEXT))


def joined(parts: Sequence[str]) -> str:
    """Return the parts as one text. A space is added between parts, such as two pseudonyms, that would otherwise form
    one word.
    """
    text = ""
    for part in parts:
        text += " " + part if text[-1:].isalnum() and part[:1].isalnum() else part
    return text
