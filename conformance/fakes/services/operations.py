"""Operations of other clients only, including writes, which the suite's guard would refuse to send."""

from __future__ import annotations

from typing import Any, cast

from conformance.apis.endpoint import Action, Api, AppRole, Endpoint


def operation(
    name: str, api: Api, method: str, path: str, source: str, needs: Action | AppRole | None, version: str | None = None
) -> Endpoint[Any]:
    """Return an operation that the virtual tenant serves and the suite does not know. ``version``: its
    ``api-version``.
    """
    return Endpoint(
        name=name,
        api=api,
        method=cast("Any", method),  # the suite's own operations are GET and POST only
        path=path,
        answers=object,
        source=source,
        needs=needs,
        api_version=version,
    )
