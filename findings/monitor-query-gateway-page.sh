#!/usr/bin/env bash
# azure-monitor-query 2.0.0 raises JSONDecodeError, without the status, when a gateway refuses a query by a page.
#
# Expected: each refusal is an HttpResponseError with status_code, for any body, as with this client for 401 and 404.
# Observed: for 403 and 502 with a page of HTML, or without a body, json.JSONDecodeError "Expecting value: line 1 column
# 1" is raised, so `except AzureError` does not catch it, and the log has no status at all. This affects collectors
# behind proxies, firewalls and Azure's front doors: an outage looks like a bug of the collector. Instead: catch
# ValueError beside it, and keep the status by raw_response_hook.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-monitor-query==2.0.0 azure-core==1.41.0 responses==0.26.3
"$folder/venv/bin/python" - <<'PYTHON'
import re
import sys
import time
from importlib.metadata import version

import responses
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient

PAGE = "<html>Access to this site is blocked</html>"


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("token", int(time.time()) + 3600)


def raised(status, body):
    """The exception of a query that is answered so, with its status."""
    with responses.RequestsMock() as service:
        service.add("POST", re.compile(".*"), status=status, body=body, content_type="text/html")
        try:
            LogsQueryClient(Credential(), retry_total=0).query_workspace("workspace", "Heartbeat", timespan=None)
        except (HttpResponseError, ValueError) as error:
            return type(error).__name__, getattr(error, "status_code", None)


seen = {(status, bool(body)): raised(status, body) for status in (401, 404, 403, 502) for body in (PAGE, "")}
print(f"azure-monitor-query {version('azure-monitor-query')}: {seen}")
sys.exit(
    seen
    != {
        (status, body): ("HttpResponseError", status) if status in (401, 404) else ("JSONDecodeError", None)
        for status, body in seen
    }
)
PYTHON
