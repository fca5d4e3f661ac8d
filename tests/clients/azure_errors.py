"""Errors of azure-core's clients for a refusal, as far as a caller can distinguish them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError


def refusal(call: Callable[[], Any]) -> HttpResponseError:
    """The error that a call ends with, which has a response."""
    with pytest.raises(HttpResponseError) as raised:
        call()
    assert raised.value.response is not None
    return raised.value


def error_of(call: Callable[[], Any]) -> tuple[str, int | None, str | None]:
    """Kind, status and code of the error that a call ends with."""
    error = refusal(call)
    return type(error).__name__, error.status_code, error.error.code if error.error else None


def inner_codes(error: HttpResponseError) -> list[str]:
    """The codes of the inner errors, the outermost first."""
    codes, inner = [], error.error.innererror if error.error else None
    while inner:
        codes.append(inner["code"])
        inner = inner.get("innererror")
    return codes
