"""Facts that fill each placeholder of a fix."""

from __future__ import annotations

FACTS = {
    "tenant_id": "11111111-1111-4111-8111-111111111111",
    "client_id": "22222222-2222-4222-8222-222222222222",
    "subscription_id": "33333333-3333-4333-8333-333333333333",
    "resource_group": "rg soc (prod)",
    "workspace_id": "44444444-4444-4444-8444-444444444444",
    "workspace_name": "law-soc",
    "object_id": "55555555-5555-4555-8555-555555555555",
    "other_object_id": "66666666-6666-4666-8666-666666666666",
    "other_scope": "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/rg-soc",
    "roles": "SecurityAlert.Read.All",
    "host": "graph.microsoft.us",
    "login_host": "login.microsoftonline.us",
    "graph_host": "graph.microsoft.us",
    "log_analytics_host": "api.loganalytics.us",
    "cloud_az": "AzureUSGovernment",
    "tenant_cloud": "AzureChinaCloud",
    "table": "SecurityIncident",
    "secret_end_date": "2027-03-01",
}
