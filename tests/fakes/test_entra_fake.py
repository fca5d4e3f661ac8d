"""Microsoft Entra ID of the virtual tenant: its discovery document."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from conformance.fakes import healthy
from tests.contoso import START, made_up

LOGIN = "https://login.microsoftonline.com"


def discovered(name: str) -> tuple[int, Any]:
    request = httpx.Request("GET", f"{LOGIN}/{name}/v2.0/.well-known/openid-configuration")
    answer = asyncio.run(healthy(made_up(), START).handler(request))
    return answer.status_code, answer.json()


@pytest.mark.parametrize("name", ["common", "organizations", "consumers", "Common"])
def test_names_of_many_tenants_have_a_template_as_issuer(name: str) -> None:
    status, document = discovered(name)
    assert status == 200
    assert document["issuer"] == f"{LOGIN}/{{tenantid}}/v2.0"
    assert document["token_endpoint"] == f"{LOGIN}/{name.lower()}/oauth2/v2.0/token"
    assert document["tenant_region_scope"] is None


def test_a_tenant_has_its_own_issuer() -> None:
    tenant = made_up().tenant_id
    status, document = discovered(tenant)
    assert (status, document["issuer"], document["tenant_region_scope"]) == (200, f"{LOGIN}/{tenant}/v2.0", "EU")


def test_an_unknown_tenant_has_no_document() -> None:
    assert discovered("00000000-0000-4000-8000-000000000000")[0] == 400
