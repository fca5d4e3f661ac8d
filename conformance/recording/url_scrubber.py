"""Scrubbing of URLs, paths and ARM ids: words of the services stay, names and ids get pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from conformance.recording import pseudonym_kinds, vocabulary
from conformance.recording.patterns import IDENTIFYING
from conformance.recording.pseudonym_kinds import Kind
from conformance.recording.pseudonyms import Pseudonyms

NAMED_BY: Mapping[str, Kind] = {
    "resourcegroups": pseudonym_kinds.GROUP,
    "workspaces": pseudonym_kinds.WORKSPACE,
    "managementgroups": pseudonym_kinds.NAME,
}
"""Segments of an ARM id that are followed by a name, and the kind of that name."""
EXPRESSIONS = frozenset({"$filter", "$orderby", "$select", "$expand", "authorization_endpoint"})
AS_IS = frozenset({"api-version", "$top", "$count", "$skip"})


class UrlScrubber:
    """Scrubber of URLs and paths.

    ``identifying`` and ``by_form`` return the scrubbed text of a value that is recognised by its form, and None for any
    other value. ``text`` returns the scrubbed text of any value, given the name of its member.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        identifying: Callable[[str], str | None],
        by_form: Callable[[str], str | None],
        text: Callable[[str, str], str],
    ) -> None:
        self._pseudonyms = pseudonyms
        self._identifying, self._by_form, self._text = identifying, by_form, text

    def url(self, value: str) -> str:
        """Return the scrubbed URL: a URL of a service keeps its host and the words of its path, any other is replaced
        as a whole.
        """
        try:
            parts = urlsplit(value)
            host = (parts.hostname or "").lower()
        except ValueError:
            return self._pseudonyms.of(value, pseudonym_kinds.URL)
        if host not in vocabulary.hosts() or parts.username or parts.port not in (None, 443):
            return self._pseudonyms.of(value, pseudonym_kinds.URL)
        query = urlencode(
            [self._option(*pair) for pair in parse_qsl(parts.query, keep_blank_values=True)],
            quote_via=quote,
            safe="$/,'()",
        )
        path, fragment = self.path(parts.path), self.path(parts.fragment)
        return (
            f"{parts.scheme}://{parts.netloc}{path}"
            + (f"?{query}" if query else "")
            + (f"#{fragment}" if fragment else "")
        )

    def _option(self, name: str, value: str) -> tuple[str, str]:
        if name.lower() in AS_IS:
            return name, value if re.fullmatch(r"[\w.-]{1,40}", value) else self._text(value, "opaque")
        if name.lower() in EXPRESSIONS:
            return name, IDENTIFYING.sub(lambda match: self._identifying(match.group()) or match.group(), value)
        return name, self._text(value, "etag")

    def path(self, value: str) -> str:
        """Return the scrubbed path or ARM id: words of the services stay, names and ids get pseudonyms."""
        segments: list[str] = []
        before = ""
        for raw in value.split("/"):
            segment = unquote(raw)
            segments.append(quote(self._segment(segment, NAMED_BY.get(before)), safe="~()'!,;@:$&=+*"))
            before = segment.lower()
        return "/".join(segments)

    def _segment(self, segment: str, kind: Kind | None) -> str:
        if kind is not None and segment:
            return self._identifying(segment) or self._pseudonyms.of(segment, kind)
        if not segment or segment.lower() in vocabulary.names() or vocabulary.RESOURCE_TYPE.fullmatch(segment):
            return segment
        parts = re.split(r"([()',=])", segment)
        if len(parts) > 1:
            return "".join(part if index % 2 else self._segment(part, None) for index, part in enumerate(parts))
        return (
            self._identifying(segment)
            or (segment if re.fullmatch(r"v?\d{1,9}(\.\d)?", segment) else None)
            or self._pseudonyms.existing(segment)
            or self._by_form(segment)
            or self._pseudonyms.of(segment, pseudonym_kinds.OPAQUE)
        )
