"""The six APIs of a connection, each declared once as data: one module per API, one constant per operation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from conformance.apis import arm, data_collection, defender, entra, graph, log_analytics, managed_identity, sentinel
from conformance.apis.endpoint import Endpoint


def gather(*modules: ModuleType) -> Mapping[str, Endpoint[Any]]:
    """Return the endpoints declared in modules, by name. Raises ValueError if two have the same name."""
    endpoints: dict[str, Endpoint[Any]] = {}
    for module in modules:
        for endpoint in vars(module).values():
            if not isinstance(endpoint, Endpoint):
                continue
            if endpoint.name in endpoints:
                raise ValueError(f"two endpoints are called {endpoint.name}")
            endpoints[endpoint.name] = endpoint
    return MappingProxyType(endpoints)


ENDPOINTS: Mapping[str, Endpoint[Any]] = gather(
    entra, managed_identity, arm, data_collection, log_analytics, sentinel, graph, defender
)
"""Every operation that this suite may ever send, by name."""
