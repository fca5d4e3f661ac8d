"""The keys of ``[connection.ingestion]``, and suggestions for a wrong value."""

from __future__ import annotations

import pytest

from conformance.connection.ingestion_keys import KEYS

GROUP = "/subscriptions/5b5c0000-0c0f-4c0f-a11c-000000000003/resourceGroups/rg-security"
RULE = f"{GROUP}/providers/Microsoft.Insights/dataCollectionRules/dcr-orders"
HOST = "https://dce-a1b2.westeurope-1.ingest.monitor.azure.com"


def test_values_are_accepted_or_a_correction_is_suggested(subtests: pytest.Subtests) -> None:
    for key, text, suggestion in (
        ("rule", RULE, RULE),
        ("rule", f"{RULE}/", RULE),
        ("rule", f"https://portal.azure.com/#@contoso.com/resource{RULE}/overview", RULE),
        ("rule", RULE.removeprefix("/"), RULE),
        ("rule", RULE.replace("Rules", "Endpoints"), None),
        ("stream", "Orders_CL", "Custom-Orders_CL"),
        ("stream", "custom-Orders_CL", "Custom-Orders_CL"),
        ("stream", "two words", None),
        ("endpoint", HOST, HOST),
        ("endpoint", f"{HOST}/dataCollectionRules/dcr-1/streams/Custom-Orders_CL?api-version=2023-01-01", HOST),
        ("endpoint", HOST.removeprefix("https://"), HOST),
        ("endpoint", HOST.replace("https://", "https://user:password@"), None),
        ("endpoint", "https://[abc", None),
    ):
        with subtests.test(text):
            assert KEYS[key].correction(text) == suggestion
            assert bool(KEYS[key].accepts(text)) == (text == suggestion)
