"""Fixes with the connection's own ids, ready to paste."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from conformance.apis.permissions import by_resource, resource_of
from conformance.connection.clouds import CLOUDS
from conformance.findings import shell
from conformance.findings.cause import Cause
from conformance.findings.command import OPTION, Command, Step, options, verb_of
from conformance.findings.lazy_pattern import lazy_pattern

PLACEHOLDERS = frozenset(
    {
        "tenant_id",
        "customer_tenant_id",
        "home_tenant_id",
        "client_id",
        "subscription_id",
        "resource_group",
        "workspace_id",
        "workspace_name",
        "workspace",
        "object_id",
        "other_object_id",
        "other_scope",
        "scope",
        "role",
        "roles",
        "resource_app_id",
        "app_role_id",
        "resource_name",
        "host",
        "login_host",
        "graph_host",
        "log_analytics_host",
        "cloud_az",
        "tenant_cloud",
        "secret_end_date",
        "table",
        "action",
        "needed_role",
        "hosts",
        "proxy",
        "proxy_user",
        "through",
    }
)
"""The allowed placeholders of a template. Other facts never reach a command."""

_PLACEHOLDER = lazy_pattern(r"\{(\w+)\}")
_GROUP = "/subscriptions/{subscription_id}/resourceGroups/{resource_group}"
_COMPOSED: Mapping[str, str] = {
    "workspace": _GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspace_name}",
    "scope": _GROUP,  # Microsoft recommends the resource group for Sentinel roles
    "host": "{login_host}",
}
_USUAL: Mapping[str, str] = {
    "role": "Microsoft Sentinel Reader",
    "needed_role": "Microsoft Sentinel Reader",
    "login_host": "login.microsoftonline.com",
    "graph_host": "graph.microsoft.com",
    "log_analytics_host": "api.loganalytics.io",
    "cloud_az": "AzureCloud",
    "hosts": ", ".join(url.removeprefix("https://") for url in CLOUDS["public"].hosts.values()),
}
_CLOUD, _LOGIN = "az cloud set --name {cloud_az}", "az login --tenant {tenant_id} --allow-no-subscriptions"
_LOGIN_AT_HOME = _LOGIN.replace("{tenant_id}", "{home_tenant_id}")
"""For commands of an app's registration, which a multi-tenant app has in the provider's tenant."""
_THROUGH = "{through}"
"""A word of a command that becomes curl's options for the proxy of the request, if there is one."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix: a text, commands for a shell, and steps in the portal.

    ``values`` are the known values of the placeholders, and ``kind`` if the fix is for one kind of connection.
    """

    text: str
    steps: tuple[Step, ...] = ()
    portal: str | None = None
    values: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def commands(self) -> tuple[str, ...]:
        """Return only the commands, in the form for bash, zsh and all shells without another form."""
        return tuple(step.command for step in self.steps)


def fix(cause: Cause, facts: Mapping[str, str]) -> Fix:
    """Return the fix of a cause. Unknown values remain visible as hints such as ``<client-id>``."""
    cause = cause.of(facts.get("kind"))
    variants = tuple(_variants(facts))
    example = variants[0] | {
        "resource_name": " and ".join(dict.fromkeys(v["resource_name"] for v in variants if "resource_name" in v))
    }
    text = " ".join(part for part in (cause.fix, cause.again) if part)
    steps = (step(template, values) for template in _block(cause, variants[0]) for values in variants)
    return Fix(
        prose(text, example),
        tuple({step.command: step for step in steps}.values()),
        cause.portal and prose(cause.portal, example),
        {name: value for name, value in (example | {"kind": facts.get("kind", "")}).items() if value},
    )


def _block(cause: Cause, facts: Mapping[str, str]) -> Iterator[Command]:
    """Yield the commands of a cause, after those that set the cloud and directory of ``az``.

    Commands for the directory run in the tenant of the last login, even if they contain other ids. Others find the
    tenant by the subscription.
    """
    runs = [command.run for command in cause.commands]
    cloud = any(run.startswith("az ") for run in runs) and facts.get("cloud_az", "AzureCloud") != "AzureCloud"
    directory = any(run.startswith("az ad ") or "{graph_host}" in run for run in runs)
    if cloud and not any(run.startswith("az cloud set") for run in runs):
        yield Command.of(_CLOUD)
    if (cloud or directory) and not any(run.startswith("az login") for run in runs):
        at_home = "home_tenant_id" in facts and any(run.startswith("az ad app ") for run in runs)
        yield Command.of(_LOGIN_AT_HOME if at_home else _LOGIN)
    yield from cause.commands


def step(template: Command, facts: Mapping[str, str]) -> Step:
    """Return a command with values filled in: the forms for other shells if they differ, its role, and its undo
    command.
    """
    words = _words(template.run, facts)
    line = shell.join(words)
    through = " ".join((*map(shell.quote, _through(facts)), ""))
    shells = {name: _fill(text.replace(f"{_THROUGH} ", through), facts) for name, text in template.shells.items()}
    if (windows := shell.powershell(words)) != line:
        shells.setdefault("powershell", windows)
    verb = verb_of(line)
    option_values = dict(options(words))
    undo = OPTION.sub(lambda match: option_values.get(match[1], match[1]), verb.undo) if verb and verb.undo else None
    return Step(line, shells, verb.role if verb else None, undo and _fill(undo, facts))


def command(template: str, facts: Mapping[str, str]) -> str:
    """Return a command line that works in bash, zsh, PowerShell and cmd.exe alike. Values in URLs are URL-encoded.

    A value that cannot be quoted safely for all of them remains a hint.
    """
    return shell.join(_words(template, facts))


def prose(template: str, facts: Mapping[str, str]) -> str:
    """Return a sentence with values filled in; within URLs they are URL-encoded."""
    return " ".join(_fill(word, facts, safely=False) for word in template.split(" "))


def _words(template: str, facts: Mapping[str, str]) -> list[str]:
    words: list[str] = []
    for word in shell.split(template):
        words += _through(facts) if word == _THROUGH else [_fill(word, facts)]
    return words


def _through(facts: Mapping[str, str]) -> list[str]:
    """Return curl's options for the proxy of the request; empty without a proxy."""
    options = (("--proxy", facts.get("proxy")), ("--proxy-user", facts.get("proxy_user")))
    return [word for option, value in options if value for word in (option, value)]


def _fill(word: str, facts: Mapping[str, str], *, safely: bool = True) -> str:
    def value(match: re.Match[str]) -> str:
        text = _value(match[1], facts, safely=safely)
        start = max(word.rfind(mark, 0, match.start()) for mark in (" ", '"', "(", "'", "<"))
        in_url = "://" in word[start + 1 : match.start()]
        return quote(text, safe="/<>") if in_url else text

    return _PLACEHOLDER.sub(value, word)


def _value(name: str, facts: Mapping[str, str], *, safely: bool) -> str:
    value = facts.get(name) if name in PLACEHOLDERS else None
    if value and not (safely and shell.UNSAFE.search(value)):
        return value
    if name in _COMPOSED:
        return _PLACEHOLDER.sub(lambda match: _value(match[1], facts, safely=safely), _COMPOSED[name])
    return _USUAL.get(name) or f"<{name.replace('_', '-')}>"


def _variants(facts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the facts once per app role in them, with the role's id and API."""
    values = {name: str(value) for name, value in facts.items() if name in PLACEHOLDERS and value}
    roles = re.split(r"[,\s]+", values.get("roles", ""))
    groups = by_resource((role for role in roles if role), facts.get("api"))
    for resource, names in groups:
        for name in names:
            yield values | {
                "resource_app_id": resource.app_id,
                "resource_name": resource.name,
                "app_role_id": resource.application_id(name) or "",
            }
    if not groups:
        api = resource_of(values.get("resource_app_id") or facts.get("api") or "")
        yield values | ({"resource_app_id": api.app_id, "resource_name": api.name} if api else {})
