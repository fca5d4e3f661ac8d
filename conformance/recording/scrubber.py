"""Scrubbing: every value that could identify the customer becomes a pseudonym, unless it is the same in all tenants.

Fields that ``fields.toml`` does not declare are treated as the customer's. Types and shape of JSON stay the same.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import msgspec

from conformance.probing.tokens import decode_claims
from conformance.recording import patterns, pseudonym_kinds, vocabulary
from conformance.recording.date_shift import DateShift
from conformance.recording.fields import has_own_keys, normal, treatment
from conformance.recording.phrase_scrubber import PhraseScrubber
from conformance.recording.pseudonym_kinds import KINDS
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.service_words import PLAIN_KEY, VERSION, service_word
from conformance.recording.url_scrubber import UrlScrubber

AT_ONCE = frozenset({"domain", "group", "workspace"})
"""Treatments of names that could look like other values, such as a host or a number."""
TEXTS = (None, "text", "form", "name")
"""Treatments of members that contain an error text if they are part of a refusal."""


class Scrubber:
    """Scrubber of one recording, with one table of pseudonyms and one shift of dates."""

    def __init__(self, pseudonyms: Pseudonyms, shift: DateShift) -> None:
        self.pseudonyms, self.shift = pseudonyms, shift
        self._hints: dict[str, str] = {}
        self._phrases = PhraseScrubber(pseudonyms, shift, self._identifying, self._by_form)
        self._urls = UrlScrubber(pseudonyms, self._identifying, self._by_form, self.text)

    # JSON

    def json(self, value: Any, member: str = "", *, refusal: bool = False) -> Any:
        """Return the scrubbed JSON value, which has the same shape. ``refusal``: its texts are error texts."""
        if isinstance(value, str):
            return self.text(value, member, refusal=refusal)
        if isinstance(value, list):
            return [self.json(element, member, refusal=refusal) for element in value]
        if isinstance(value, dict):
            return self._object(value, member, refusal)
        if isinstance(value, int | float) and not isinstance(value, bool) and treatment(member) == "epoch":
            return self.shift.epoch(value)
        return value

    def _object(self, value: dict[str, Any], member: str, refusal: bool) -> dict[str, Any]:
        if isinstance(value.get("columns"), list) and isinstance(value.get("rows"), list):
            return self._table(value)
        own = has_own_keys(member)
        return {
            self._key(key, own): self.json(
                item, member if own else f"{normal(member)}/{key}", refusal=refusal or _tells_of_error(key, item)
            )
            for key, item in value.items()
        }

    def _word(self, value: str) -> str:
        return service_word(value) or self.text(value)

    def _table(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return the scrubbed table of a query. A cell is treated like a member with the name of its column."""
        columns = [column.get("name", "") if isinstance(column, dict) else "" for column in value["columns"]]
        rows = [
            [self.json(cell, str(name)) for cell, name in zip(row, columns, strict=True)]
            if isinstance(row, list) and len(row) == len(columns)
            else self.json(row, "rows")
            for row in value["rows"]
        ]
        heads = [
            {key: self._word(item) if isinstance(item, str) else item for key, item in column.items()}
            if isinstance(column, dict)
            else column
            for column in value["columns"]
        ]
        rest = {key: self.json(item, f"tables/{key}") for key, item in value.items() if key not in ("columns", "rows")}
        return {key: {"columns": heads, "rows": rows}.get(key, rest.get(key)) for key in value}

    def _key(self, key: str, own: bool) -> str:
        if not own and (treatment(key) or PLAIN_KEY.fullmatch(key)):
            return key
        return self._by_form(key) or self.pseudonyms.of(key, pseudonym_kinds.NAME)

    # Texts

    def text(self, value: str, member: str = "", *, refusal: bool = False) -> str:
        """Return the scrubbed text of a member. ``refusal``: it is part of a refusal, so it may be an error text."""
        how = treatment(member)
        if how == "hint":
            return self.hint(value)
        if not value.strip() or pseudonym_kinds.ANY.fullmatch(value):
            return value
        if how == "link":
            return self.url(value)
        if (replacement := self._identifying(value)) is not None:
            return replacement
        if how == "token":
            return self.pseudonyms.of(value, pseudonym_kinds.OPAQUE)
        if how == "word" and (replacement := service_word(value)) is not None:
            return replacement
        if how == "version" and VERSION.fullmatch(value):
            return value
        if how == "phrase":
            return self.phrase(value)
        if how in AT_ONCE or (how == "name" and self.pseudonyms.existing(value)):
            return self.pseudonyms.of(value, KINDS[how])
        if (replacement := self._by_loose_form(value, member, refusal=refusal)) is not None:
            return replacement
        if refusal and how in TEXTS:
            return self.phrase(value)
        if how == "person" and "\\" in value:
            domain, _, name = value.partition("\\")
            of = self.pseudonyms.of
            return f"{of(domain, pseudonym_kinds.NAME)}\\{of(name, pseudonym_kinds.PERSON)}"
        if value in vocabulary.own() and how in (None, "name", "form"):
            return value
        return self.pseudonyms.of(value, KINDS.get(how or "", pseudonym_kinds.TEXT))

    def phrase(self, value: str) -> str:
        """Return the scrubbed error text."""
        return self._phrases.phrase(value)

    def hint(self, value: str) -> str:
        """Return the scrubbed hint of a secret: its beginning, as Graph shows it."""
        return self._hints.setdefault(value, f"h{len(self._hints):02d}")

    # Values that are recognised by their form

    def _identifying(self, value: str) -> str | None:
        """Return the scrubbed text of a value whose form identifies something; None for any other value."""
        if patterns.GUID.fullmatch(value):
            return value if value.lower() in vocabulary.guids() else self.pseudonyms.of(value, pseudonym_kinds.GUID)
        if patterns.JWT.fullmatch(value):
            return self.token(value)
        if patterns.URL.fullmatch(value):
            return self.url(value)
        if patterns.ARM_ID.fullmatch(value):
            return self._urls.path(value)
        if patterns.RELATIVE_ID.fullmatch(value):
            return value if self._is_type(value) else self._urls.path(value)
        if patterns.MAIL.fullmatch(value):
            return self.mail(value)
        if patterns.is_ip(value):
            return self.pseudonyms.of(value, pseudonym_kinds.IPV6 if patterns.is_ipv6(value) else pseudonym_kinds.IPV4)
        for form, kind in (
            (patterns.MAC, pseudonym_kinds.MAC),
            (patterns.HASH, pseudonym_kinds.HASH),
            (patterns.SID, pseudonym_kinds.SID),
            (patterns.WINDOWS_PATH, pseudonym_kinds.PATH),
        ):
            if form.fullmatch(value):
                return self.pseudonyms.of(value, kind)
        return None

    def _by_form(self, value: str) -> str | None:
        """Return the scrubbed text of a value with a known form; None for any other value."""
        if (replacement := self._identifying(value)) is not None:
            return replacement
        return self._by_loose_form(value)

    def _by_loose_form(self, value: str, member: str = "", *, refusal: bool = False) -> str | None:
        """Return the scrubbed text of a value with a known form that is less distinctive, such as a date, a number or a
        host; None for any other value.
        """
        if (moved := self.shift.whole(value)) is not None:
            return moved
        if patterns.NUMBER.fullmatch(value) or patterns.LITERAL.fullmatch(value):
            return value
        if patterns.LONG_NUMBER.fullmatch(value):
            return self.pseudonyms.of(value, pseudonym_kinds.NUMBER)
        if vocabulary.RESOURCE_TYPE.fullmatch(value):
            return value
        if (inner := _json_within(value)) is not None:
            return json.dumps(self.json(inner, member, refusal=refusal), ensure_ascii=False)
        if stream := patterns.STREAM.fullmatch(value):
            return f"{stream[1]}-{self.pseudonyms.of(stream[2], pseudonym_kinds.NAME)}"
        if patterns.HOST.fullmatch(value):
            return self.host(value)
        if patterns.POSIX_PATH.fullmatch(value):
            return self.pseudonyms.of(value, pseudonym_kinds.PATH)
        return self._composed(value)

    def _composed(self, value: str) -> str | None:
        """Return the scrubbed text of GUIDs with only dates, numbers or punctuation around them; None for any other
        value.
        """
        rest = patterns.GUID.sub("", value)
        if rest == value or re.search(r"[^\W\d_]", self.shift.within(rest)):
            return None
        date = re.compile(r"\d{4}-\d{2}-\d{2}")
        parts = re.split(f"({patterns.GUID.pattern})", value, flags=re.IGNORECASE)
        return "".join(
            self._identifying(part) or part
            if patterns.GUID.fullmatch(part)
            else date.sub(lambda match: self.shift.whole(match.group()) or match.group(), part)
            for part in parts
        )

    def _is_type(self, value: str) -> bool:
        """Return whether a value is a resource type or an action on one, and not the id of a resource."""
        kinds = {str(self.pseudonyms.existing(part)).partition("-")[0] for part in value.split("/")}
        return bool(vocabulary.RESOURCE_TYPE.fullmatch(value)) and not kinds & {
            pseudonym_kinds.GROUP.name,
            pseudonym_kinds.WORKSPACE.name,
        }

    def host(self, value: str) -> str:
        """Return the scrubbed host name: of three or more labels, the first is the host's own and the others are its
        domain.
        """
        if value.lower() in vocabulary.hosts():
            return value
        label, _, domain = value.partition(".")
        if self.pseudonyms.existing(value) or "." not in domain:
            return self.pseudonyms.of(value, pseudonym_kinds.DOMAIN)
        return f"{self.pseudonyms.of(label, pseudonym_kinds.HOST)}.{self.pseudonyms.of(domain, pseudonym_kinds.DOMAIN)}"

    def mail(self, value: str) -> str:
        """Return a mail address or user principal name with pseudonyms for both of its parts."""
        local, _, domain = value.rpartition("@")
        return (
            f"{self.pseudonyms.of(local, pseudonym_kinds.PERSON)}@{self.pseudonyms.of(domain, pseudonym_kinds.DOMAIN)}"
        )

    # URLs and tokens

    def url(self, value: str) -> str:
        """Return the scrubbed URL."""
        return self._urls.url(value)

    def token(self, value: str) -> str:
        """Return the scrubbed token: a JWT becomes an unsigned one with scrubbed claims, any other token becomes a
        pseudonym.
        """
        claims = decode_claims(value)
        if not claims:
            return self.pseudonyms.of(value, pseudonym_kinds.OPAQUE)
        return ".".join((_part({"typ": "JWT", "alg": "none"}), _part(self.json(dict(claims))), ""))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def _tells_of_error(key: str, value: Any) -> bool:
    return isinstance(value, dict) and normal(key) in ("error", "odataerror", "innererror")


def _json_within(value: str) -> Any:
    """Return the JSON value in a text; None for any other text."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
