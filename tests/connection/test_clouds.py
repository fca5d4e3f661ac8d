from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from conformance.apis.endpoint import APIS, ARM, DEFENDER, ENTRA, GRAPH, LOG_ANALYTICS, SENTINEL_API
from conformance.connection import CLOUDS, Cloud

PUBLIC = CLOUDS["public"]
every_cloud = pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)


def test_the_clouds_have_the_names_of_the_connection_file() -> None:
    assert list(CLOUDS) == ["public", "usgov-gcc", "usgov-gcc-high", "usgov-dod", "china"]


@every_cloud
def test_hosts_are_plain_https_origins(cloud: Cloud) -> None:
    for host in cloud.hosts.values():
        url = urlsplit(host)
        assert (url.scheme, url.path, url.query, url.port) == ("https", "", "", None)


@every_cloud
def test_an_api_has_both_a_host_and_an_audience_or_neither(cloud: Cloud) -> None:
    for api in APIS.values():
        if api.audience:
            assert (cloud.host(api) is None) == (cloud.audience(api.audience) is None)


@every_cloud
def test_scopes_end_with_default(cloud: Cloud) -> None:
    for audience in cloud.audiences:
        assert cloud.scope(audience) == f"{cloud.audience(audience)}/.default"


def test_sentinel_answers_at_azure_resource_manager() -> None:
    assert PUBLIC.host(SENTINEL_API) == PUBLIC.host(ARM) == "https://management.azure.com"


def test_entra_answers_at_the_login_host() -> None:
    assert PUBLIC.host(ENTRA) == PUBLIC.login == "https://login.microsoftonline.com"


def test_log_analytics_answers_at_api_loganalytics_io() -> None:
    assert PUBLIC.host(LOG_ANALYTICS) == "https://api.loganalytics.io"


def test_the_public_defender_host_is_not_its_audience() -> None:
    assert PUBLIC.host(DEFENDER) == "https://api.security.microsoft.com"
    assert PUBLIC.scope("defender") == "https://api.securitycenter.microsoft.com/.default"


def test_gcc_signs_in_at_the_public_cloud_and_has_its_own_defender() -> None:
    gcc = CLOUDS["usgov-gcc"]
    assert gcc.login == PUBLIC.login
    assert gcc.host(DEFENDER) == "https://api-gcc.securitycenter.microsoft.us"


def test_china_offers_neither_graph_security_nor_defender() -> None:
    china = CLOUDS["china"]
    assert china.host(GRAPH) is None
    assert china.host(DEFENDER) is None
    with pytest.raises(KeyError):
        china.scope("graph")


@pytest.mark.parametrize(
    "aud",
    [
        "https://management.azure.com",
        "https://management.azure.com/",
        "HTTPS://Management.Core.Windows.net/",
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    ],
)
def test_an_audience_is_accepted_by_each_of_its_names(aud: str) -> None:
    assert PUBLIC.accepts("arm", aud)


@pytest.mark.parametrize("aud", ["", "/", "https://api.loganalytics.io", "https://management.azure.com.evil.example"])
def test_a_foreign_audience_is_not_accepted(aud: str) -> None:
    assert not PUBLIC.accepts("arm", aud)
    assert not CLOUDS["china"].accepts("graph", "https://graph.microsoft.com")


@pytest.mark.parametrize(
    ("cloud", "az"), [("public", "AzureCloud"), ("usgov-dod", "AzureUSGovernment"), ("china", "AzureChinaCloud")]
)
def test_each_cloud_has_its_name_for_az(cloud: str, az: str) -> None:
    assert CLOUDS[cloud].az == az
