"""Codes implied by the form of a sentence, in any language: its quotes, links and lists.

Azure translates its messages but not the ids, addresses, actions and links in them. If a pasted message has lost its
code, these can show which code it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from conformance.apis.permissions import resource_of
from conformance.findings import pasted
from conformance.findings.lazy_pattern import lazy_pattern

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ISSUER = lazy_pattern(rf"https://sts\.(?:windows\.net|chinacloudapi\.cn)/({_GUID})")
_QUOTED_TIME = lazy_pattern(
    r"['\"“”‘’«「]\s?[^'\"“”‘’«»「」]{0,40}?[0-9]{1,2}:[0-9]{2}:[0-9]{2}[^'\"“”‘’«»「」]{0,20}['\"“”‘’»」]"
)
_TOKEN = lazy_pattern(r"token|jeton|令牌|トークン|토큰|權杖|маркер|токен", re.IGNORECASE)
_LINKS: Mapping[str, str] = {
    "aka.ms/armresourcenotfoundfix": "ResourceNotFound",
    "aka.ms/rps-not-found": "MissingSubscriptionRegistration",
    "aka.ms/policy-noncompliant": "RequestDisallowedByPolicy",
}


def implied_codes(text: str) -> list[str]:
    """Return the codes that the form of the text implies, the most specific first."""
    text = text[:8192]
    return [code for code, holds in _FORMS.items() if holds(text)] + [
        code for link, code in _LINKS.items() if link in text.lower()
    ]


def _two_issuers(text: str) -> bool:
    """Return whether a text names a wrong token issuer and the expected one."""
    return len({match.lower() for match in _ISSUER.findall(text)}) > 1


def _foreign_audience(text: str) -> bool:
    """Return whether a text names a token's audience and the ones that Azure Resource Manager accepts."""
    apis = [resource.api for name in pasted.audiences(text) if (resource := resource_of(name))]
    return apis.count("arm") > 1 and bool(set(apis) - {"arm"})


def _refused_action(text: str) -> bool:
    """Return whether a text names a refused principal, action and scope."""
    refused = pasted.refusal_in(text)
    return refused is not None and bool(refused.object_id) and bool(refused.scope)


def _two_times(text: str) -> bool:
    """Return whether a text names the end of a token and the current time, both in UTC."""
    return len(_QUOTED_TIME.findall(text)) == 2 and text.count("UTC") >= 2 and _TOKEN.search(text) is not None


_FORMS: Mapping[str, Callable[[str], bool]] = {
    "InvalidAuthenticationTokenTenant": _two_issuers,
    "InvalidAuthenticationTokenAudience": _foreign_audience,
    "AuthorizationFailed": _refused_action,
    "ExpiredAuthenticationToken": _two_times,
}
