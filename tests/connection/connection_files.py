"""Helpers of the tests that read connection files: environment variables, and loading with one result."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.connection import (
    ConnectionFileError,
    load,
)

SECRET = "abc8Q~canary-canary-canary-canary-0001"
ENVIRONMENT = {"CONTOSO_SECRET": SECRET, "PASSWORD": "open sesame", "TOKEN": "a.b.c"}
REFERENCE = 'client_secret = "env:CONTOSO_SECRET"'
TENANT = "7e4a11ed-0c0f-4c0f-a11c-000000000001"
KEYS = ["tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name"]


def load_one(path: Any, **options: Any) -> Any:
    """Return the only connection of a file; raise ValueError for several."""
    (connection,) = load([path], environ=ENVIRONMENT, **options)
    return connection


def refused(*paths: Any, **options: Any) -> list[str]:
    """Return the lines of the error that loading the files raises, without their folder."""
    with pytest.raises(ConnectionFileError) as caught:
        load(paths, environ=ENVIRONMENT, **options)
    folder = paths[0].parent if hasattr(paths[0], "parent") else ""
    return [line.replace(f"{folder}/", "") for line in caught.value.problems]
