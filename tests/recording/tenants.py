"""A virtual tenant behind a server, whose state a test sets."""

from __future__ import annotations

from conformance.fakes import World


class Tenant:
    """The virtual tenant, in the state that ``world`` has."""

    world: World

    async def handler(self, request: object) -> object:
        return await self.world.handler(request)  # type: ignore[arg-type]
