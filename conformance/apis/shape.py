"""The base of all response models.

Extra members are ignored and enum members are open strings, as in the services' own contracts. A documented member that
is missing or has the wrong type is an error with its path.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

Timestamp = datetime
"""ISO 8601 with zero to seven fraction digits, UTC."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON object of a service. Members without a default are required on the wire."""


class ArmList(Shape, Generic[T], frozen=True, kw_only=True):
    """A list from Azure Resource Manager; on the last page ``next_link`` may be absent, null or empty."""

    value: list[T]
    next_link: str | None = None


class ODataList(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A list from Microsoft Graph or Defender for Endpoint."""

    value: list[T]
    count: int | None = msgspec.field(name="@odata.count", default=None)
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)
