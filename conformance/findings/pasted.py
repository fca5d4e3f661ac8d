"""Facts about an error in a piece of text: its codes, numbers, HTTP status, and the parts of well-known sentences.

Pasted texts come from logs, command lines and tickets; they are cut, escaped, or in another language. So the search is
for codes, numbers, quoted names and URLs, never for whole sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.findings.lazy_pattern import lazy_pattern

_AADSTS = lazy_pattern(r"AADSTS[\s:_-]{0,2}([0-9]{4,8})(?![0-9])", re.IGNORECASE)
_ERROR_LINK = lazy_pattern(r"/error\?code=([0-9]{4,8})(?![0-9])")
_ERROR_CODES = lazy_pattern(r"error_codes\\?[\"']?\s*[:=]\s*\[?([0-9][0-9,\s]{3,60})")
_SHORT_FORM = lazy_pattern(r"\b[a-z]+(?:_[a-z]+)*: ([0-9]{5,7}) - ")  # "invalid_client: 7000215 - [time]: ..."
_BARE_NUMBER = lazy_pattern(r"\W{0,8}(?:AADSTS|error|code)?\W{0,4}([0-9]{5,7})\W{0,8}", re.IGNORECASE)

_CODE = (
    lazy_pattern(
        r"(?<![a-z_])(?:error_?)?code\\{0,4}[\"']?\s{0,4}[:=]\s{0,4}\\{0,4}[\"']?([A-Za-z][A-Za-z0-9_.-]{2,80})",
        re.IGNORECASE,
    ),
    lazy_pattern(r"[\"']error\\{0,4}[\"']?\s{0,4}[:=]\s{0,4}\\{0,4}[\"']([A-Za-z_]{4,60})\\{0,4}[\"']"),
    lazy_pattern(r"(?:^|[\s:>])\(([A-Z][a-z]+[A-Za-z0-9_]{3,80})\)"),  # "(AuthorizationFailed) The client ..."
    lazy_pattern(r"<(?:\w{1,20}:)?code>\s{0,20}([^<>\s]{3,80})\s{0,20}</", re.IGNORECASE),
    lazy_pattern(r"^\W{0,8}([a-z]+_[a-z_]+)\b(?=[:\s]|$)"),  # "invalid_client: ..."
    lazy_pattern(
        r"^\W{0,8}([A-Z][A-Za-z]{5,60})(?=\s{0,4}[:(]|\W{0,8}$)"
    ),  # "AuthorizationFailed: ..." or the code alone
)
_CLIENTS = frozenset(
    {
        "apierror", "odataerror", "odataerrorexception", "httperror", "resterror", "servicerror", "serviceexception",
        "httpresponseerror", "clientauthenticationerror", "authenticationrequirederror", "requestfailedexception",
        "axioserror", "nodeapierror", "nodeoperationerror", "typeerror", "valueerror", "keyerror", "jsondecodeerror",
        "credentialunavailableerror", "chainedtokencredential", "responseerror", "detailederror", "requesterror",
        "clouderror", "clouderrorexception", "errorresponseexception", "fetcherror", "invokerror", "retryerror",
        "http_error", "serviceerror", "statuscode", "httpclient", "runtimeerror", "connectionerror", "exception",
        "syntaxerror", "traceback", "warning", "message", "response", "request", "forbidden", "error_code",
        "error_description", "access_token", "failed", "unauthorized",
    }
)  # fmt: skip
"""Names of clients' own exceptions, in small letters: they say who speaks, not what a service said."""
_AT_THE_START = (4, 5)
"""The patterns of ``_CODE`` that only the beginning of a text marks as a code."""
_MENTION = lazy_pattern(
    r"(?<![\w./\\$-])(?:[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+|(?:SEM|SYN|KS)[0-9]{3,5}|E_[A-Z_]{4,60}|[A-Z][a-z]+_[A-Z][A-Za-z]+)\b(?!\s*[:=]?\s*(?:\[\]|\(|nil\b|null\b|<nil>|None\b|\{)|\.\w|/)"
)

_NAMED_STATUS = (
    lazy_pattern(
        r"(?:status(?:[ _-]?code)?|http(?:/[0-9.]+)?(?: status)?(?: code)?(?: error)?|response(?: status)?(?: code)?"
        r"|returned(?: an)?(?: http)? error)\\?[\"']?[\s:=(\[]{0,4}([1-5][0-9]{2})(?![0-9])",
        re.IGNORECASE,
    ),
    lazy_pattern(r"\(([45][0-9]{2})\)"),
    lazy_pattern(r"\[([45][0-9]{2})\]"),
    lazy_pattern(r"^\W{0,2}([45][0-9]{2})(?=[\s:,;.)\]-])"),
    lazy_pattern(
        r"(?<![0-9])([45][0-9]{2})\s*[:,-]?\s*(?:client error|server error"
        r"|bad request|unauthorized|forbidden|not found|method not|proxy auth"
        r"|conflict|gone|precondition|too many|internal server|bad gateway|service unavailable|gateway time)",
        re.IGNORECASE,
    ),
)
_STATUS_WORDS = {
    "badrequest": 400, "unauthorized": 401, "forbidden": 403, "notfound": 404, "conflict": 409, "gone": 410,
    "toomanyrequests": 429, "internalservererror": 500, "badgateway": 502, "serviceunavailable": 503,
    "gatewaytimeout": 504,
}  # fmt: skip

_STATUS_NAMED = lazy_pattern(r"status(?: ?code)?(?: of| was|:)? ?['\"]?([A-Z][A-Za-z]{3,20})\b", re.IGNORECASE)
_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ACTION = lazy_pattern(r"(?<![\w/.])[A-Za-z]+(?:\.[A-Za-z]+)+(?:/[\w.*-]+)*/(?:read|write|delete|action|\*)(?![\w/])")
_SCOPE = lazy_pattern(r"/(?:subscriptions|providers)/[^'\"‘’“”„«»‹›「」`\\\s]{1,500}", re.IGNORECASE)
_ROLE = lazy_pattern(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+){1,3}")
_ROLES = lazy_pattern(r"API required roles:([^:]{0,2000}?),\s*application roles:([\w.,\s-]{0,4000})")
_TABLE = lazy_pattern(r"named\s+\\?['\"]([A-Za-z_]\w{0,62})\\?['\"]")
_AUDIENCE = lazy_pattern(r"https://[\w.-]+(?:/[\w.-]+)*|api://[\w.-]+")
_APP_ID = lazy_pattern(_GUID)
_OBJECT_ID = lazy_pattern(rf"(?<!/){_GUID}")


def numbers(text: str) -> list[int]:
    """Return Entra's error numbers, in the order of the text."""
    values = [match[1] for match in _AADSTS.finditer(text)]
    for match in _ERROR_CODES.finditer(text):
        values += re.findall(r"[0-9]{4,8}", match[1])
    values += [match[1] for pattern in (_ERROR_LINK, _SHORT_FORM) for match in pattern.finditer(text)]
    if bare := _BARE_NUMBER.fullmatch(text):
        values.append(bare[1])
    return [int(number) for number in dict.fromkeys(values)]


def codes(text: str) -> list[str]:
    """Return the codes that the text marks as codes, in order."""
    values = [
        (match.start(1), match[1])
        for at, pattern in enumerate(_CODE)
        for match in pattern.finditer(text[:16384])
        if at not in _AT_THE_START or match[1].lower() not in _CLIENTS
    ]
    return list(dict.fromkeys(code for _, code in sorted(values)))


def mentions(text: str) -> list[str]:
    """Return words that look like a code."""
    return list(dict.fromkeys(_MENTION.findall(text[:16384])))[:100]


def status(text: str, *, bare: bool = False) -> int | None:
    """Return the HTTP status in a text, or None.

    ``bare``: the whole text is a status, as a number or in words.
    """
    if bare:
        word = text.strip().lower().replace(" ", "")
        return _STATUS_WORDS.get(word) or (int(word) if re.fullmatch(r"[1-5][0-9]{2}", word) else None)
    for pattern in _NAMED_STATUS:
        if match := pattern.search(text[:16384]):
            return int(match[1])
    status_name = _STATUS_NAMED.search(text[:16384])
    return _STATUS_WORDS.get(status_name[1].lower()) if status_name else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal of Azure RBAC: the principal, the action and the scope, as Azure Resource Manager prints them."""

    object_id: str | None
    action: str
    scope: str | None


def refusal_in(text: str) -> Refused | None:
    """Return the parts of an AuthorizationFailed sentence in any language, found by their form; None if it is not
    one.
    """
    action = _ACTION.search(text[:8192])
    if action is None:
        return None
    before = _OBJECT_ID.findall(text[: action.start()])  # the object id is the last one before the action
    scope = _SCOPE.search(text, action.end()) or _SCOPE.search(text)
    return Refused(before[-1] if before else None, action[0], scope[0].rstrip(".,;") if scope else None)


def roles(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the app roles that an API requires (any one is enough) and those in the token; None if the text has
    none.
    """
    match = _ROLES.search(text)
    if match is None:
        return None
    required, carried = (tuple(_ROLE.findall(part)) for part in match.groups())
    return required, carried


def table(text: str) -> str | None:
    """Return the table or column in a query that the workspace does not have, or None."""
    match = _TABLE.search(text)
    return match[1] if match else None


def audiences(text: str) -> list[str]:
    """Return URLs and app ids that may name an API, in the order of the text."""
    return [match.rstrip("/.,;:") for match in _AUDIENCE.findall(text) + _APP_ID.findall(text)]
