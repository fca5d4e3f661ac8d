#!/usr/bin/env bash
# PageIterator of msgraph-core 1.5.2 (under msgraph-sdk) ends at an empty page, ends after list.append, and does not
# await callbacks.
#
# Expected: it follows each next link to the end, even that of a page without items, which Graph allows;
# iterate(found.append) collects all items; an async callback is awaited, like everything else in this async SDK.
# Observed: an empty page is the end; the result of the callback says whether to continue, so None ends it after the
# first item; the coroutine of an async callback counts as "continue" and never runs. None of these raises an error.
# Also, the headers of the first request, such as Prefer, are not sent for the second page. A program that reads all
# alerts of a tenant gets some, one, or none. Instead: follow odata_next_link by with_url(link).get() in a loop.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgraph-core==1.5.2 microsoft-kiota-serialization-json==1.16.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import sys
from dataclasses import dataclass, field
from importlib.metadata import version

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.serialization import Parsable, ParseNodeFactoryRegistry
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph_core import BaseGraphRequestAdapter
from msgraph_core.tasks.page_iterator import PageIterator

URL = "https://graph.microsoft.com/v1.0/security/alerts_v2"
ParseNodeFactoryRegistry().CONTENT_TYPE_ASSOCIATED_FACTORIES["application/json"] = JsonParseNodeFactory()


@dataclass
class Alert(Parsable):
    id: str | None = None

    @staticmethod
    def create_from_discriminator_value(node):
        return Alert()

    def get_field_deserializers(self):
        return {"id": lambda node: setattr(self, "id", node.get_str_value())}

    def serialize(self, writer):
        writer.write_str_value("id", self.id)


@dataclass
class Alerts(Parsable):
    value: list[Alert] | None = None
    odata_next_link: str | None = None
    additional_data: dict = field(default_factory=dict)

    @staticmethod
    def create_from_discriminator_value(node):
        return Alerts()

    def get_field_deserializers(self):
        return {
            "value": lambda node: setattr(self, "value", node.get_collection_of_object_values(Alert)),
            "@odata.nextLink": lambda node: setattr(self, "odata_next_link", node.get_str_value()),
        }

    def serialize(self, writer):
        writer.write_collection_of_object_values("value", self.value)


prefer = []


def answer(request):
    prefer.append(request.headers.get("Prefer"))
    if "skiptoken" in str(request.url):
        return httpx.Response(200, json={"value": [{"id": "3"}]})
    items = [] if "filter" in str(request.url) else [{"id": "1"}, {"id": "2"}]
    return httpx.Response(200, json={"value": items, "@odata.nextLink": URL + "?$skiptoken=2"})


async def main():
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    adapter = BaseGraphRequestAdapter(AnonymousAuthenticationProvider(), http_client=client)

    async def collected(callback_of, query=""):
        """The ids that a callback has collected at the end."""
        request = RequestInformation()
        request.http_method, request.url = Method.GET, URL + query
        request.headers.add("Prefer", "include-unknown-enum-members")
        page = await adapter.send_async(request, Alerts, {})
        ids = []
        await PageIterator(page, adapter).iterate(callback_of(ids))
        return ids

    def awaited(ids):
        async def callback(alert):
            ids.append(alert.id)
            return True

        return callback

    append = await collected(lambda ids: lambda alert: ids.append(alert.id))
    going_on = await collected(lambda ids: lambda alert: ids.append(alert.id) or True)
    coroutine = await collected(awaited)
    return append, going_on, coroutine, await collected(lambda ids: lambda alert: ids.append(alert.id) or True, "?$filter=a")


append, going_on, coroutine, empty = asyncio.run(main())
print(
    f"msgraph-core {version('msgraph-core')}: append gets {append}, append-or-True {going_on}, an async callback {coroutine},"
    f" after an empty page {empty}; Prefer of both pages {prefer[1:3]}"
)
sys.exit(
    not (
        append == ["1"]
        and going_on == ["1", "2", "3"]
        and coroutine == empty == []
        and prefer[1:3] == ["include-unknown-enum-members", None]
    )
)
PYTHON
