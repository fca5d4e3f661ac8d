"""Helpers for tests of the shapes of Azure APIs: recorded answers, and ways to change an answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import strategies as st

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import Endpoint

T = TypeVar("T")

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"

SEGMENTS = st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), min_size=1, max_size=12)


def sample_params(**operations: Endpoint[Any]) -> list[tuple[Any, Endpoint[Any]]]:
    """Return (body, endpoint) of each recorded answer of these operations; skip the test if there are none."""
    samples = [
        (json.loads(path.read_text())["body"], endpoint)
        for operation, endpoint in operations.items()
        for path in sorted(SAMPLES.glob(f"{operation}_[0-9][0-9].json"))
    ]
    return samples or pytest.skip("no recorded answers here")


def decode(body: Any, endpoint: Endpoint[T]) -> T:
    """Return a body decoded as the engine decodes it."""
    return msgspec.json.decode(json.dumps(body), type=endpoint.answers)


def without(body: Any, path: Sequence[str | int]) -> Any:
    """Return a copy of a body without one member."""
    spoilt = copy.deepcopy(body)
    del _parent(spoilt, path)[path[-1]]
    return spoilt


def having(body: Any, path: Sequence[str | int], value: Any) -> Any:
    """Return a copy of a body with one member changed or added."""
    spoilt = copy.deepcopy(body)
    _parent(spoilt, path)[path[-1]] = value
    return spoilt


def _parent(body: Any, path: Sequence[str | int]) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body


def assert_only_own_path(endpoint: Endpoint[Any], data: st.DataObject) -> None:
    """Assert that only the endpoint's own pattern matches its expanded path, in any case, and gives the parameters."""
    names = list(dict.fromkeys(part[1] for part in _parts(endpoint) if part[1]))
    values = {name: data.draw(SEGMENTS, label=name) for name in names}
    path = "".join(values[name] if name else text for text, name in _parts(endpoint))

    match = endpoint.pattern.fullmatch(path)
    assert match is not None
    assert match.groupdict() == values
    shouted = "".join(values[name] if name else text.upper() for text, name in _parts(endpoint))
    assert endpoint.pattern.fullmatch(shouted)

    for stranger in (path + "/", path + "/more", "/more" + path, path + "?x=1", path[1:]):
        assert endpoint.pattern.fullmatch(stranger) is None
    for other in ENDPOINTS.values():
        same_host = other.api.audience == endpoint.api.audience
        if same_host and other is not endpoint and other.method == endpoint.method:
            assert other.pattern.fullmatch(path) is None, other.name


def _parts(endpoint: Endpoint[Any]) -> list[tuple[str, str]]:
    """Return a path template as alternating (literal text, "") and ("", parameter) pairs."""
    parts: list[tuple[str, str]] = []
    rest = endpoint.path
    while rest:
        text, brace, rest = rest.partition("{")
        parts.append((text, ""))
        if brace:
            name, _, rest = rest.partition("}")
            parts.append(("", name))
    return parts
