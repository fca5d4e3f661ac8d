"""The template of a connection file."""

from __future__ import annotations

TEMPLATE = """\
# A connection to Microsoft Sentinel. Verify it with: pytest --sentinel-config=<this file>
# Several connections: use [[connection]] for each, or one file each.

[connection]
name = "contoso"

# Microsoft Entra admin center > App registrations > the app > Overview
tenant_id = ""                      # Directory (tenant) ID, or a verified domain
client_id = ""                      # Application (client) ID

# Certificates & secrets. The secret's Value, not its Secret ID; better by reference than in this file:
client_secret = "env:SENTINEL_CLIENT_SECRET"      # env:NAME or file:PATH
# certificate = "file:app.pem"                    # instead: key and certificate, PEM or PFX
# certificate_password = "env:CERTIFICATE_PASSWORD"
# client_secrets = ["env:OLD", "env:NEW"]         # instead: several, while one is replaced by the next
# federated_token = "github"                      # instead: workload identity federation; or env:NAME, file:PATH
# workload_identity = true                        # instead: in a pod of AKS, which says tenant, app and token file
# managed_identity = true                         # instead: of this machine; or { client_id = "..." }

# Azure portal > Log Analytics workspaces > the workspace > Overview
subscription_id = ""
resource_group = ""
workspace_id = ""                   # the GUID
workspace_name = ""

# customer_tenant_id = ""           # Azure Lighthouse: whose subscription it is; tenant_id is the provider's then
# home_tenant_id = ""               # a multi-tenant app: where it is registered; tenant_id is the customer's then
# cloud = "public"                  # usgov-gcc, usgov-gcc-high, usgov-dod, china
# profile = "airmdr"                # what the connection is for: --sentinel-list-profiles
# apis = ["log_analytics", "sentinel", "graph", "defender"]   # what the connection is for
# secret_expires = 2027-03-01       # warned about when Graph cannot be asked

# [connection.expect]
# max_incident_age = "7d"           # of the newest incident row
# max_data_age = "1d"               # of the newest usage row
# max_ingestion_delay = "1h"
# min_retention_days = 90
# permissions = ["Graph: ThreatHunting.Read.All"]     # beside those of the profile; of profile "own", these alone
# actions = ["Microsoft.SecurityInsights/incidents/write"]
# routes = ["Graph: GET /v1.0/security/incidents"]
# min_secret_days = 30              # how long before its end the credential is warned about

# [connection.ingestion]            # where another tool sends rows with the same app: looked at, never written to
# rule = ""                         # the data collection rule > JSON view > Resource ID
# stream = "Custom-Orders_CL"
# endpoint = "https://NAME.ingest.monitor.azure.com"
"""


def template() -> str:
    """Return a commented connection file to start from."""
    return TEMPLATE
