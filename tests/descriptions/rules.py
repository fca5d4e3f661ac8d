"""Faults of an answer, by the published descriptions in this folder: keys, types, members and formats.

The descriptions are JSON Schemas with closed objects, so that an undocumented key is a fault too.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry, Resource

from conformance.apis.endpoint import Endpoint
from conformance.fakes.services.routes import ENDPOINTS
from tests.descriptions.formats import FORMATS
from tests.descriptions.results import result_schema

HERE = Path(__file__).parent
MODELS: Mapping[str, Mapping[str, Any]] = {
    path.name.partition(".")[0]: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(HERE.glob("*.schema.json"))
}
"""The descriptions, by the name of their file."""
DECLARED: Mapping[str, Any] = tomllib.loads((HERE / "operations.toml").read_text(encoding="utf-8"))
OPERATIONS: Mapping[str, Mapping[str, Any]] = DECLARED["operations"]
ADMINISTRATION: frozenset[str] = frozenset(DECLARED["administration"])
"""Operations without a description here."""
"""Endpoint name to the model of its answer, of its ``items`` or its whole ``body``."""
ERRORS: Mapping[str, str] = DECLARED["errors"]
"""API name to the model of its refusals."""
REGISTRY: Registry[Any] = Registry().with_resources(
    (model["$id"], Resource.from_contents(model)) for model in MODELS.values()
)
CONTEXT = "@odata.context"
ODATA = ("graph", "defender")
"""APIs with ``@odata.context`` in each success."""
PREFERENCE = "include-unknown-enum-members"


@dataclass(frozen=True, order=True)
class Fault:
    """A fault in an answer: its place (``value[].properties.title``) and its kind."""

    where: str
    what: str


def faults(endpoint: Endpoint[Any], request: httpx.Request, response: httpx.Response) -> set[Fault]:
    """Return all faults of an answer to a request, in its headers and its body."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    kind = header_kind(endpoint, response.status_code)
    faults = set(_faults({"$ref": f"urn:descriptions:headers#/$defs/{kind}"}, headers, "headers"))
    if not response.content:
        allowed = response.status_code in OPERATIONS[endpoint.name].get("empty", ())
        return set() if allowed else faults | {Fault("", "empty")}
    return faults | _content_faults(endpoint.name, prefers(request), response.status_code, response.content)


@cache
def _content_faults(operation: str, preferred: bool, status: int, content: bytes) -> frozenset[Fault]:
    """Return all faults of a body; the result is cached, since many scenarios give the same body."""
    try:
        body = json.loads(content)
    except ValueError:
        return frozenset({Fault("", "no JSON")})
    return frozenset(body_faults(ENDPOINTS[operation], preferred, status, body))


def prefers(request: httpx.Request) -> bool:
    """Return whether a request prefers the enumeration members that not all clients know."""
    return PREFERENCE in request.headers.get("prefer", "")


def header_kind(endpoint: Endpoint[Any], status: int) -> str:
    """Return the name of the best description of an answer's headers: of the operation, the status, or its kind."""
    api = "arm" if endpoint.api.audience == "arm" else endpoint.api.name
    special = DECLARED["headers"].get(endpoint.name)
    if special and status < 400:
        return str(special)
    exact = f"{api}.{status}"
    return exact if exact in MODELS["headers"]["$defs"] else f"{api}.error"


def body_faults(endpoint: Endpoint[Any], preferred: bool, status: int, body: Any) -> set[Fault]:
    """Return all faults of the JSON of an answer; ``preferred`` is the result of :func:`prefers` for its request."""
    if status >= 400:
        return refusal_faults(endpoint.api.name, body)
    faults = set[Fault]()
    if endpoint.api.name in ODATA and isinstance(body, dict):
        body = dict(body)
        if not isinstance(body.pop(CONTEXT, None), str):
            faults.add(Fault(CONTEXT, "missing"))
    faults |= set(_faults(model_of(endpoint), body, prefers=preferred))
    if "tables" in OPERATIONS[endpoint.name] and not faults:
        for table in body["tables"]:
            faults |= set(_faults(result_schema(table), table, "tables[]"))
    return faults


def refusal_faults(api: str, body: Any) -> set[Fault]:
    """Return all faults of an API's error document."""
    return set(_faults(model(ERRORS[api]), body))


def model(name: str) -> dict[str, Any]:
    """Return a schema that refers to a model, given as ``<file>#<model>``."""
    file, _, of = name.partition("#")
    return {"$ref": f"urn:descriptions:{file}#/$defs/{of}"}


def model_of(endpoint: Endpoint[Any]) -> dict[str, Any]:
    """Return the schema of a success: a page of items in the form of the API's paging, or the body itself."""
    declared = OPERATIONS.get(endpoint.name)
    assert declared is not None, f"describe the answer of {endpoint.name} in tests/descriptions/operations.toml"
    if "items" not in declared:
        return model(declared["body"])
    link = endpoint.paging or "nextLink"
    own = {"@odata.count": {"type": "integer"}} if link.startswith("@odata.") else {}
    return {
        "type": "object",
        "properties": {
            "value": {"type": "array", "items": model(declared["items"])},
            link: {"type": "string", "format": "uri"},
            **own,
        },
        "required": ["value"],
        "additionalProperties": False,
    }


def _faults(schema: Mapping[str, Any], instance: Any, root: str = "", *, prefers: bool = True) -> Iterator[Fault]:
    """Yield the faults by a schema. Members that need a preference are faults unless the client ``prefers`` them."""
    for error in _validator(json.dumps(schema), prefers).iter_errors(instance):
        for leaf in _leaves(error):
            yield from _faults_of(leaf, root)


@cache
def _validator(schema: str, prefers: bool) -> Validator:
    kind = Draft202012Validator if prefers else _Plain
    return kind(json.loads(schema), registry=REGISTRY, format_checker=FORMATS)


def _unpreferred(validator: Any, members: list[str], instance: Any, schema: Any) -> Iterator[ValidationError]:
    if instance in members:
        yield ValidationError(f"{instance!r} is sent only to clients that prefer it")


_Plain = extend(Draft202012Validator, {"x-needs-prefer": _unpreferred})  # type: ignore[no-untyped-call]


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the innermost errors of an error. ``anyOf`` means a model or null: the errors of the model are used."""
    if not error.context:
        yield error
    for cause in error.context or ():
        if cause.relative_schema_path[0] == 0:
            yield from _leaves(cause)


def _faults_of(error: ValidationError, root: str) -> Iterator[Fault]:
    where = place([root, *error.absolute_path])
    match error.validator:
        case "additionalProperties":
            for name in set(error.instance) - set(error.schema["properties"]):  # type: ignore[arg-type, index]
                yield Fault(place([where, name]), "unknown")
        case "required":
            for name in set(error.validator_value) - set(error.instance):  # type: ignore[arg-type]
                yield Fault(place([where, name]), "missing")
        case "type":
            yield Fault(where, "null" if error.instance is None else "type")
        case "enum" | "const" | "x-needs-prefer":
            yield Fault(where, f"value {json.dumps(error.instance)}")
        case keyword:
            yield Fault(where, str(keyword))


def place(path: Iterable[str | int]) -> str:
    """Return a path in a body as text; all elements of an array have the same path."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path if step != "").lstrip(".")
