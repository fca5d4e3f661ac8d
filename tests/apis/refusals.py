"""Assertions that a changed answer is refused, and that the refusal names the place of the change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from conformance.apis.endpoint import Endpoint
from tests.apis.azure_samples import decode, having, without

Steps = Sequence[str | int]


def assert_required(body: Any, endpoint: Endpoint[Any], path: Steps) -> None:
    """Assert that the body without the member is refused, with the member's name and its object's path."""
    decode(body, endpoint)
    with pytest.raises(msgspec.ValidationError) as refused:
        decode(without(body, path), endpoint)
    where = "" if len(path) == 1 else f" - at `{json_path(path[:-1])}`"
    assert str(refused.value) == f"Object missing required field `{path[-1]}`{where}"


def assert_mistyped(body: Any, endpoint: Endpoint[Any], path: Steps, value: Any) -> None:
    """Assert that the body with this value is refused, with the member's path."""
    decode(body, endpoint)
    with pytest.raises(msgspec.ValidationError) as refused:
        decode(having(body, path, value), endpoint)
    assert str(refused.value).endswith(f" - at `{json_path(path)}`")


def json_path(steps: Steps) -> str:
    """Return a path in the form of decoding errors: ``$.value[0].id``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
