"""Scrubbing: every value that could identify the customer becomes a pseudonym, unless it is known to be the same for
all tenants.

Values of fields that ``fields.toml`` does not declare are taken for the customer's. Types and shape of JSON stay as
they are.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from conformance.probing.tokens import decode_claims
from conformance.recording import patterns, pseudonym_kinds, vocabulary
from conformance.recording.date_shift import DateShift
from conformance.recording.fields import has_own_keys, normal, treatment
from conformance.recording.pseudonym_kinds import KINDS, Kind
from conformance.recording.pseudonyms import Pseudonyms

AT_ONCE = frozenset({"domain", "group", "workspace"})
"""Treatments of names that may look like anything else: like a host, or like a number."""
TEXTS = (None, "text", "form", "name")
"""Treatments of members that hold an error text where they stand in a refusal."""
WORD = re.compile(
    r"[A-Za-z][A-Za-z0-9_]{0,63}"
    r"|#?microsoft(?:\.\w{1,40}){1,6}"
    r"|[A-Z][A-Za-z]{1,40}(?:\.[A-Z][A-Za-z]{1,40}){1,4}"  # a permission
    r"|T\d{4}\.\d{3}|\d{4}-\d{2}-\d{2}(?:-\w{1,20})?|\d{1,3}-bit|\*/[a-z]+|\*"
)
VERSION = re.compile(r"v?\d{1,6}(?:H\d)?(?:[.-]\w{1,16}){0,6}", re.IGNORECASE)
PLAIN_KEY = re.compile(r"[@#$]?[A-Za-z_][A-Za-z0-9_]{0,63}(?:@?odata\.\w{1,40})?|@?odata\.\w{1,40}(?:\.\w{1,40})?")
TOKEN = re.compile(r"[^\s\"'<>(){}\[\],;:=|&?!*#`«»“”‘’\\]+")
CODE = re.compile(r"AADSTS\d{4,8}|\d{4}-\d{2}-\d{2}(?:T\d{2}|-preview)?|\d{1,9}(?:\.\d+)*|v\d(?:\.\d)?", re.IGNORECASE)
QUOTED = re.compile(
    r"(?P<noun>\b(?:directory|tenant|user|account|workspace|group|subscription|application|client|device|policy"
    r"|host|named)\W{1,4})?(?<!\w)['\"‘“](?P<what>[^'\"‘’“”\n]{2,120})['\"’”](?!\w)",
    re.IGNORECASE,
)
"""Something that an error text quotes, and what it says that it is."""
IDENTIFYING = re.compile(
    "|".join(
        f"(?:{one.pattern})"
        for one in (
            patterns.JWT, patterns.URL, patterns.ARM_ID, patterns.RELATIVE_ID, patterns.GUID, patterns.MAIL,
            patterns.WINDOWS_PATH,
            patterns.SID, patterns.MAC, patterns.HASH, patterns.IPV4, patterns.IPV6,
        )
    ),
    re.IGNORECASE,
)  # fmt: skip
"""Identifying values within a text, recognised by their form."""
NAMED_BY: Mapping[str, Kind] = {
    "resourcegroups": pseudonym_kinds.GROUP,
    "workspaces": pseudonym_kinds.WORKSPACE,
    "managementgroups": pseudonym_kinds.NAME,
}
"""Segments of an ARM id after which a name stands."""
LONG_DIGITS = re.compile(r"\d{6}")
"""Digits that identify a person: a telephone number, an account."""
SHORTEST_HIDDEN = 6
"""Characters that a word of base64 has to hold to be taken for a text."""
EXPRESSIONS = frozenset({"$filter", "$orderby", "$select", "$expand", "authorization_endpoint"})
AS_IS = frozenset({"api-version", "$top", "$count", "$skip"})


class Scrubber:
    """Scrubs the parts of one recording, with one table of pseudonyms and one shift of dates."""

    def __init__(self, pseudonyms: Pseudonyms, shift: DateShift) -> None:
        self.pseudonyms, self.shift = pseudonyms, shift
        self._hints: dict[str, str] = {}
        self._known = pseudonyms.known_in()

    # JSON

    def json(self, value: Any, member: str = "", *, refusal: bool = False) -> Any:
        """Return a JSON value of the same shape. ``refusal``: its texts are error texts."""
        if isinstance(value, str):
            return self.text(value, member, refusal=refusal)
        if isinstance(value, list):
            return [self.json(one, member, refusal=refusal) for one in value]
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
        return _kept_word(value) or self.text(value)

    def _table(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return a table of a query: the column says what its cells are."""
        columns = [one.get("name", "") if isinstance(one, dict) else "" for one in value["columns"]]
        rows = [
            [self.json(cell, str(name)) for cell, name in zip(row, columns, strict=True)]
            if isinstance(row, list) and len(row) == len(columns)
            else self.json(row, "rows")
            for row in value["rows"]
        ]
        heads = [
            {key: self._word(item) if isinstance(item, str) else item for key, item in one.items()}
            if isinstance(one, dict)
            else one
            for one in value["columns"]
        ]
        rest = {key: self.json(item, f"tables/{key}") for key, item in value.items() if key not in ("columns", "rows")}
        return {key: {"columns": heads, "rows": rows}.get(key, rest.get(key)) for key in value}

    def _key(self, key: str, own: bool) -> str:
        if not own and (treatment(key) or PLAIN_KEY.fullmatch(key)):
            return key
        return self._by_form(key) or self.pseudonyms.of(key, pseudonym_kinds.NAME)

    # Texts

    def text(self, value: str, member: str = "", *, refusal: bool = False) -> str:
        """Return a text of a member."""
        how = treatment(member)
        if how == "hint":
            return self.hint(value)
        if not value.strip() or pseudonym_kinds.ANY.fullmatch(value):
            return value
        if how == "link":
            return self.url(value)
        if (found := self._identifying(value)) is not None:
            return found
        if how == "token":
            return self.pseudonyms.of(value, pseudonym_kinds.OPAQUE)
        if how == "word" and (found := _kept_word(value)) is not None:
            return found
        if how == "version" and VERSION.fullmatch(value):
            return value
        if how == "phrase":
            return self.phrase(value)
        if how in AT_ONCE or (how == "name" and self.pseudonyms.known(value)):
            return self.pseudonyms.of(value, KINDS[how])
        if (found := self._by_form(value, member, refusal=refusal)) is not None:
            return found
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
        """Return an error text, scrubbed: values known by their form are replaced first, then known names, then every
        unknown word.
        """
        parts, end = [], 0
        text = QUOTED.sub(self._scrub_quoted, self.shift.within(value))
        for match in IDENTIFYING.finditer(text):
            parts.append(self._known_names(text[end : match.start()]))
            found = match.group()
            bare = found.rstrip(".,;:)'")
            parts.append(
                (self._identifying(bare) or self._by_form(bare) or self._known_names(bare)) + found[len(bare) :]
            )
            end = match.end()
        parts.append(self._known_names(text[end:]))
        return "".join(parts)

    def _known_names(self, text: str) -> str:
        if self._known is None:
            return TOKEN.sub(self._unknown_word, text)
        parts, end = [], 0
        for match in self._known.finditer(text):
            known = self.pseudonyms.known(match.group())
            if known is None or all(map(_of_services, TOKEN.findall(match.group()))):
                continue
            parts += [TOKEN.sub(self._unknown_word, text[end : match.start()]), known]
            end = match.end()
        return "".join([*parts, TOKEN.sub(self._unknown_word, text[end:])])

    def _scrub_quoted(self, match: re.Match[str]) -> str:
        """Return the scrubbed form of a quoted part of an error text: a name, unless its form says otherwise or it is a
        word of the services.
        """
        whole, what = match.group(), match.group("what")
        one = TOKEN.fullmatch(what) is not None
        if IDENTIFYING.search(what) or pseudonym_kinds.ANY.fullmatch(what) or what.lower() in vocabulary.names():
            return whole
        if one and (CODE.fullmatch(what) or not match.group("noun")):
            return whole
        return whole.replace(what, self.pseudonyms.of(what, pseudonym_kinds.NAME))

    def _unknown_word(self, match: re.Match[str]) -> str:
        token = match.group()
        bare = token.strip(".-/@_~+$%’…–—")
        if not bare or _of_services(bare) or pseudonym_kinds.ANY.fullmatch(bare):
            return token
        return token.replace(bare, self._by_form(bare) or self.pseudonyms.of(bare, pseudonym_kinds.TEXT))

    def hint(self, value: str) -> str:
        """Return the scrubbed hint of a secret: its beginning, as Graph shows it."""
        return self._hints.setdefault(value, f"h{len(self._hints):02d}")

    # What a text is by its form

    def _identifying(self, value: str) -> str | None:
        """Return the pseudonym of what identifies by its form; None for anything else."""
        if patterns.GUID.fullmatch(value):
            return value if value.lower() in vocabulary.guids() else self.pseudonyms.of(value, pseudonym_kinds.GUID)
        if patterns.JWT.fullmatch(value):
            return self.token(value)
        if patterns.URL.fullmatch(value):
            return self.url(value)
        if patterns.ARM_ID.fullmatch(value):
            return self.path(value)
        if patterns.RELATIVE_ID.fullmatch(value):
            return value if self._is_type(value) else self.path(value)
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

    def _by_form(self, value: str, member: str = "", *, refusal: bool = False) -> str | None:
        """Return the scrubbed text of a value known by its form; None for any other."""
        if (found := self._identifying(value)) is not None:
            return found
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
        if patterns.HOST.fullmatch(value):
            return self.host(value)
        if patterns.POSIX_PATH.fullmatch(value):
            return self.pseudonyms.of(value, pseudonym_kinds.PATH)
        return self._composed(value)

    def _composed(self, value: str) -> str | None:
        """GUIDs with nothing but a date, a number or punctuation around them."""
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
        """Return whether it is a type of resources or an action on them, and not one of them by its name."""
        named = {str(self.pseudonyms.known(part)).partition("-")[0] for part in value.split("/")}
        return bool(vocabulary.RESOURCE_TYPE.fullmatch(value)) and not named & {
            pseudonym_kinds.GROUP.name,
            pseudonym_kinds.WORKSPACE.name,
        }

    def host(self, value: str) -> str:
        """Return a host name, scrubbed: the first of three or more labels is the host's own, the rest its domain."""
        if value.lower() in vocabulary.hosts():
            return value
        label, _, domain = value.partition(".")
        if self.pseudonyms.known(value) or "." not in domain:
            return self.pseudonyms.of(value, pseudonym_kinds.DOMAIN)
        return f"{self.pseudonyms.of(label, pseudonym_kinds.HOST)}.{self.pseudonyms.of(domain, pseudonym_kinds.DOMAIN)}"

    def mail(self, value: str) -> str:
        local, _, domain = value.rpartition("@")
        return (
            f"{self.pseudonyms.of(local, pseudonym_kinds.PERSON)}@{self.pseudonyms.of(domain, pseudonym_kinds.DOMAIN)}"
        )

    # URLs and tokens

    def url(self, value: str) -> str:
        """Return a URL, scrubbed: a service's keeps its host and the words of its path; any other is replaced as a
        whole.
        """
        try:
            parts = urlsplit(value)
            host = (parts.hostname or "").lower()
        except ValueError:
            return self.pseudonyms.of(value, pseudonym_kinds.URL)
        if host not in vocabulary.hosts() or parts.username or parts.port not in (None, 443):
            return self.pseudonyms.of(value, pseudonym_kinds.URL)
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
            return name, value if re.fullmatch(r"[\w.-]{1,40}", value) else self.text(value, "opaque")
        if name.lower() in EXPRESSIONS:
            return name, IDENTIFYING.sub(lambda match: self._identifying(match.group()) or match.group(), value)
        return name, self.text(value, "etag")

    def path(self, value: str) -> str:
        """Return a path or an ARM id, scrubbed: the services' own words remain, names and ids get pseudonyms."""
        done: list[str] = []
        before = ""
        for raw in value.split("/"):
            segment = unquote(raw)
            done.append(quote(self._segment(segment, NAMED_BY.get(before)), safe="~()'!,;@:$&=+*"))
            before = segment.lower()
        return "/".join(done)

    def _segment(self, segment: str, kind: Kind | None) -> str:
        if kind is not None and segment:
            return self._identifying(segment) or self.pseudonyms.of(segment, kind)
        if not segment or segment.lower() in vocabulary.names() or vocabulary.RESOURCE_TYPE.fullmatch(segment):
            return segment
        parts = re.split(r"([()',=])", segment)
        if len(parts) > 1:
            return "".join(part if index % 2 else self._segment(part, None) for index, part in enumerate(parts))
        return (
            self._identifying(segment)
            or (segment if re.fullmatch(r"v?\d{1,9}(\.\d)?", segment) else None)
            or self.pseudonyms.known(segment)
            or self._by_form(segment)
            or self.pseudonyms.of(segment, pseudonym_kinds.OPAQUE)
        )

    def token(self, value: str) -> str:
        """Return a token, scrubbed: a JWT becomes an unsigned one with scrubbed claims; any other token becomes a
        pseudonym.
        """
        claims = decode_claims(value)
        if not claims:
            return self.pseudonyms.of(value, pseudonym_kinds.OPAQUE)
        return ".".join((_part({"typ": "JWT", "alg": "none"}), _part(self.json(dict(claims))), ""))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def _kept_word(value: str) -> str | None:
    kept = vocabulary.RESOURCE_TYPE.fullmatch(value) or (WORD.fullmatch(value) and not _hides_text(value))
    return value if kept else None


def _hides_text(word: str) -> bool:
    """Return whether a word is the base64 of a text, in UTF-8 or UTF-16: what is no text hardly decodes to letters
    alone.
    """
    try:
        content = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).replace(b"\0", b"")
    except ValueError:
        return False
    return len(content) >= SHORTEST_HIDDEN and all(32 <= byte < 127 for byte in content)


def _of_services(token: str) -> bool:
    """Return whether a word of an error text is one of the services'."""
    if token.lower() in vocabulary.words() or CODE.fullmatch(token) or vocabulary.RESOURCE_TYPE.fullmatch(token):
        return True
    if token.lower() in vocabulary.hosts() or token.lower() in vocabulary.guids():
        return True
    found = vocabulary.WORD.findall(token)
    return bool(found) and not LONG_DIGITS.search(token) and all(word.lower() in vocabulary.words() for word in found)


def _tells_of_error(key: str, value: Any) -> bool:
    return isinstance(value, dict) and normal(key) in ("error", "odataerror", "innererror")


def _json_within(value: str) -> Any:
    """Return the JSON document that a text holds; None for any other text."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
