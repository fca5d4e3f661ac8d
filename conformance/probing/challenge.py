"""The claims challenge of a resource: continuous access evaluation asks for a new token with certain claims.

Source: learn.microsoft.com/entra/identity-platform/claims-challenge.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping

_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/_=-]{4,4096})"')


def claims_of(status: int | None, headers: Mapping[str, str]) -> str | None:
    """Return the claims for the request of a new token, as JSON text; None if an answer is not a claims challenge.

    ``headers`` have lower-case names.
    """
    header = headers.get("www-authenticate", "")
    match = _CLAIMS.search(header)
    if status != 401 or "insufficient_claims" not in header or match is None:
        return None
    encoded = match[1].replace("+", "-").replace("/", "_").rstrip("=")
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8")
        claims = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        return None
    return text if isinstance(claims, dict) else None
