"""The parts of an error of azure-core's clients that a caller can use to tell refusals apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError


def refusal(call: Callable[[], Any]) -> HttpResponseError:
    """Return the error that a call raises; it has a response."""
    with pytest.raises(HttpResponseError) as raised:
        call()
    assert raised.value.response is not None
    return raised.value


def error_of(call: Callable[[], Any]) -> tuple[str, int | None, str | None]:
    """Return class name, status and code of the error that a call raises."""
    error = refusal(call)
    return type(error).__name__, error.status_code, error.error.code if error.error else None


def inner_codes(error: HttpResponseError) -> list[str]:
    """Return the codes of the inner errors, the outermost first."""
    codes, inner = [], error.error.innererror if error.error else None
    while inner:
        codes.append(inner["code"])
        inner = inner.get("innererror")
    return codes
