"""Formats in which clients print a refused answer: one function per published format, in our own words.

Each takes an :class:`Exchange` and returns the text that a user finds in a log. The formats are those of the exception
classes and log lines of the named clients, as their source and public reports show them.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

ID = "77777777-aaaa-4bbb-8ccc-888888888888"
STAMP = "2026-02-03T04:05:06.789Z"


@dataclass(frozen=True)
class Exchange:
    """A refused request: ``body`` is the JSON text of the answer; ``code`` and ``message`` are its outermost ones."""

    url: str
    status: int
    body: str
    code: str
    message: str

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status).phrase


def quoted(text: str) -> str:
    """Return the text as part of a JSON string."""
    return json.dumps(text)[1:-1]


def curl_include(e: Exchange) -> str:
    head = f"HTTP/1.1 {e.status} {e.reason}\nContent-Type: application/json; charset=utf-8\nx-ms-request-id: {ID}"
    return f"{head}\n\n{e.body}\n"


def curl_verbose(e: Exchange) -> str:
    host, _, path = e.url.removeprefix("https://").partition("/")
    return (
        f"* Connected to {host} (192.0.2.1) port 443\n> GET /{path} HTTP/2\n> Host: {host}\n> Accept: */*\n>\n"
        f"< HTTP/2 {e.status}\n< content-type: application/json\n< request-id: {ID}\n<\n"
        f"* Connection #0 to host {host} left intact\n{e.body}"
    )


def har(e: Exchange) -> str:
    response = {
        "status": e.status,
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "content": {"mimeType": "application/json", "text": e.body},
    }
    entry = {"request": {"method": "GET", "url": e.url}, "response": response}
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


def requests_with_body(e: Exchange) -> str:
    return (
        'Traceback (most recent call last):\n  File "/opt/app/fetch.py", line 12, in fetch\n    r.raise_for_status()\n'
        f"requests.exceptions.HTTPError: {e.status} Client Error: {e.reason} for url: {e.url}\n"
        f"During handling of the above exception: response was {e.body}"
    )


def python_bytes(e: Exchange) -> str:
    return f"ERROR:fetch:answer {e.status} from {e.url}: {e.body.encode()!r}"


def python_dict(e: Exchange) -> str:
    return f"Error in API call to {e.url} [{e.status}] - {e.reason}\n{json.loads(e.body)!r}"


def azure_core_python(e: Exchange) -> str:
    line = f"azure.core.exceptions.HttpResponseError: ({e.code}) {e.message}"
    return f"{line}\nCode: {e.code}\nMessage: {e.message}\nContent: {e.body}"


def azure_core_debug(e: Exchange) -> str:
    return (
        f"azure.core.pipeline.policies.http_logging_policy: Request URL: '{e.url}'\nRequest method: 'GET'\n"
        f"Response status: {e.status}\nResponse headers:\n    'x-ms-request-id': '{ID}'\nResponse content:\n{e.body}"
    )


def azure_sdk_go(e: Exchange) -> str:
    line = "-" * 80
    return (
        f"GET {e.url}\n{line}\nRESPONSE {e.status}: {e.status} {e.reason}\nERROR CODE: {e.code}\n{line}\n"
        f"{json.dumps(json.loads(e.body), indent=2)}\n{line}"
    )


def azure_sdk_net(e: Exchange) -> str:
    return (
        f"Azure.RequestFailedException: {e.message}\nStatus: {e.status} ({e.reason})\nErrorCode: {e.code}\n\nContent:\n"
        f"{e.body}\n\nHeaders:\nx-ms-request-id: {ID}\n   at Azure.Core.HttpPipeline.ProcessMessage(message)"
    )


def azure_sdk_java(e: Exchange) -> str:
    return (
        f'com.azure.core.exception.HttpResponseException: Status code {e.status}, "{e.body}"\n'
        "\tat com.azure.core.http.rest.RestProxyBase.instantiateUnexpectedException(RestProxyBase.java:343)"
    )


def rest_error_js(e: Exchange) -> str:
    inner = {"name": "RestError", "code": e.code, "statusCode": e.status, "request": {"url": e.url}}
    return f"RestError: {e.message}\n {json.dumps(inner, indent=1)}\n response body: {e.body}"


def axios(e: Exchange) -> str:
    return (
        f"AxiosError: Request failed with status code {e.status}\n    at settle (/app/axios/settle.js:19:12)\n"
        f"  config: {{ url: '{e.url}' }},\n  response: {{ status: {e.status}, data: {e.body} }}"
    )


def autorest_go(e: Exchange) -> str:
    return (
        f"workspaces.Client#Get: Failure responding to request to {e.url}: StatusCode={e.status} -- Original Error: "
        f"autorest/azure: Service returned an error. Status={e.status} Body={e.body}"
    )


def oauth2_go(e: Exchange) -> str:
    return f'Get "{e.url}": oauth2: cannot fetch token: {e.status} {e.reason}\nResponse: {e.body}'


def filebeat(e: Exchange) -> str:
    message = f"failed to collect first response: server {e.url} responded with status code {e.status}: {e.body}"
    record = {"log.level": "error", "@timestamp": STAMP, "log.logger": "input.httpjson", "message": message}
    return json.dumps(record)


def elastic_cel(e: Exchange) -> str:
    record = {"@timestamp": STAMP, "message": "failed evaluation", "error": {"message": f"GET {e.url}:{e.body}"}}
    return json.dumps(record)


def logstash(e: Exchange) -> str:
    line = f"[{STAMP}][ERROR][logstash.inputs.http_poller][main] Exception in request to {e.url}."
    return f"{line} Exception: {e.status} {e.reason}, body: {e.body}"


def wazuh(e: Exchange) -> str:
    return (
        f"2026/02/03 04:05:06 wazuh-modulesd:ms-graph: WARNING: Received unsuccessful status code from {e.url}: "
        f"Status code was '{e.status}' & response was '{e.body}'"
    )


def splunk(e: Exchange) -> str:
    return (
        "2026-02-03 04:05:06,789 log_level=ERROR pid=4711 tid=MainThread file=base_modinput.py:log_error:317 | "
        f'message="Failed request" url="{e.url}" status={e.status} response="{quoted(e.body)}"'
    )


def n8n(e: Exchange) -> str:
    record = {
        "errorMessage": f"{e.reason} - perhaps check your credentials?",
        "errorDetails": {"rawErrorMessage": [f"{e.status} - {e.body}"], "httpCode": str(e.status)},
        "n8nDetails": {"nodeName": "HTTP Request", "n8nVersion": "1.9.0", "url": e.url},
    }
    return json.dumps(record)


def logic_apps(e: Exchange) -> str:
    return json.dumps({"statusCode": e.status, "headers": {"Date": STAMP}, "body": json.loads(e.body)})


def connector_gateway(e: Exchange) -> str:
    inner = {"status": e.status, "message": e.body, "source": "logic-apis-westeurope.azure-apim.net"}
    return json.dumps({"error": {"code": 502, "message": "BadGateway", "clientRequestId": ID, "innerError": inner}})


def deployment(e: Exchange) -> str:
    details = [{"code": e.reason.replace(" ", ""), "message": json.dumps(json.loads(e.body), indent=2)}]
    return json.dumps(
        {"status": "Failed", "error": {"code": "DeploymentFailed", "message": "See below", "details": details}}
    )


def terraform(e: Exchange) -> str:
    return (
        f"│ Error: reading {e.url}: unexpected status {e.status} ({e.status} {e.reason}) with error: "
        f"{e.code}: {e.message}\n"
        f"│\n│ response was {e.body}"
    )


def powershell(e: Exchange) -> str:
    return (
        f"Invoke-RestMethod : {e.body}\nAt C:\\scripts\\fetch.ps1:12 char:9\n+ $x = Invoke-RestMethod -Uri {e.url}\n"
        "    + CategoryInfo          : InvalidOperation: (System.Net.HttpWebRequest:HttpWebRequest) [Invoke-RestMethod]"
    )


def az_cli(e: Exchange) -> str:
    return f"ERROR: {e.reason}({e.body})"


def kiota(e: Exchange) -> str:
    return (
        f"Microsoft.Graph.Models.ODataErrors.ODataError: {e.message}\n   at Microsoft.Kiota.Http.HttpClientLibrary\n"
        f"Request to {e.url} returned status {e.status}\n{e.body}"
    )


def demisto(e: Exchange) -> str:
    body = json.dumps(json.loads(e.body), indent=4)
    return f"DemistoException: Error in API call to {e.url} [{e.status}] - {e.reason}\n{body}"


def html_page(e: Exchange) -> str:
    return f"request to {e.url} failed ({e.status}): {html.escape(e.body)}"


def json_in_json(e: Exchange) -> str:
    return json.dumps({"level": "error", "url": e.url, "event": json.dumps({"payload": json.dumps({"raw": e.body})})})


def ruby_hash(e: Exchange) -> str:
    rocket = e.body.replace('":', '"=>')
    return f"RestClient::{e.reason.replace(' ', '')}: {e.status} {e.reason} for url {e.url}: {rocket}"


def cut_off(e: Exchange) -> str:
    """Return a log line whose end is missing: braces and quotes stay open."""
    return f"GET {e.url} -> {e.status}: {e.body.rstrip('}] ')}"


def coloured(e: Exchange) -> str:
    return f"\x1b[31mERROR\x1b[0m \x1b[1m{e.url}\x1b[0m answered {e.status} {e.reason}: {e.body}"


def docker(e: Exchange) -> str:
    return json.dumps(
        {"log": f"level=error msg=failed url={e.url} status={e.status} body={e.body}\n", "stream": "stderr"}
    )


def syslog(e: Exchange) -> str:
    return f'Feb  3 04:05:06 collector app[123]: request to {e.url} status={e.status} err="{quoted(quoted(e.body))}"'


WRAPPERS: Mapping[str, Callable[[Exchange], str]] = {
    function.__name__: function
    for function in (
        curl_include, curl_verbose, har, requests_with_body, python_bytes, python_dict, azure_core_python,
        azure_core_debug, azure_sdk_go, azure_sdk_net, azure_sdk_java, rest_error_js, axios, autorest_go, oauth2_go,
        filebeat, elastic_cel, logstash, wazuh, splunk, n8n, logic_apps, connector_gateway, deployment, terraform,
        powershell, az_cli, kiota, demisto, html_page, json_in_json, ruby_hash, cut_off, coloured, docker, syslog,
    )
}  # fmt: skip
"""The wrappers by name. Those in ``SILENT`` do not name the service."""

SILENT = frozenset(
    {
        "curl_include",
        "azure_core_python",
        "azure_sdk_net",
        "azure_sdk_java",
        "logic_apps",
        "connector_gateway",
        "deployment",
        "az_cli",
    }
)


def redirect(error: str, description: str) -> str:
    """Return an error of Entra as the address line of a browser shows it."""
    return f"https://localhost/callback?error={quote(error)}&error_description={quote(description)}&state=1"
