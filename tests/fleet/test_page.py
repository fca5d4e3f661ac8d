"""docs/fleet.md: its commands use options that exist, and its manifests are consistent."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import plugin
from conformance.fleet.__main__ import run_parser, trend_parser

PAGE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@cache
def manifests() -> list[dict[str, Any]]:
    import yaml

    return list(yaml.safe_load_all(blocks("yaml")[0]))


def pods() -> dict[str, dict[str, Any]]:
    """Return, by role, the specification of its pod."""
    pods_by_role = {}
    for manifest in manifests():
        spec = manifest["spec"]["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else manifest["spec"]
        if "template" in spec:
            pods_by_role[spec["template"]["metadata"]["labels"]["role"]] = spec["template"]["spec"]
    return pods_by_role


def steps() -> Iterator[str]:
    import yaml

    workflow = yaml.safe_load(blocks("yaml")[1])
    for job in workflow["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


@cache
def commands() -> list[list[str]]:
    """Return every command of the page as a list of words; a placeholder of shell or workflow is a word too."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines += steps()
    lines += [shlex.join(pod["containers"][0]["command"]) for pod in pods().values()]
    words = [shlex.split(re.sub(r"\$\{\{ .*? \}\}|\$\(.*?\)", "1", line)) for line in lines]
    return [shlex.split(call[2].removeprefix("exec ")) if call[:2] == ["sh", "-c"] else call for call in words]


def known_to_the_plugin() -> set[str]:
    class Group:
        names: set[str] = set()  # noqa: RUF012

        def addoption(self, name: str, **_: object) -> None:
            self.names.add(name)

    class Parser:
        def getgroup(self, *_: str) -> Group:
            return Group()

    plugin.pytest_addoption(Parser())  # type: ignore[arg-type]
    return Group.names


def test_the_page_has_commands_of_each_kind() -> None:
    assert {words[0] for words in commands()} >= {"pytest", "python", "dask", "pip", "kubectl"}


def test_options_of_the_plugin_exist() -> None:
    options = set(re.findall(r"--sentinel-[a-z-]*[a-z]", PAGE))
    assert options <= known_to_the_plugin()


def test_commands_of_a_fleet_can_be_read(subtests: pytest.Subtests) -> None:
    """The parser raises an error for an unknown option."""
    calls = [words[3:] for words in commands() if words[:3] == ["python", "-m", "conformance.fleet"]]
    assert calls
    for call in calls:
        with subtests.test(arguments=call):
            assert trend_parser().parse_args(call[1:]) if call[0] == "trend" else run_parser().parse_args(call)


def test_commands_of_dask_exist(subtests: pytest.Subtests) -> None:
    pytest.importorskip("distributed")
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    calls = [words for words in commands() if words[0] == "dask"]
    assert calls
    for words in calls:
        with subtests.test(words=words):
            command = {"scheduler": scheduler, "worker": worker}[words[1]]
            options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert {word.partition("=")[0] for word in words[2:] if word.startswith("--")} <= options


TO_CHOOSE = {"labels", "matchLabels", "requests", "limits"}
"""Members whose own members have names that the user chooses."""


def misspelt(value: Any, parent: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name of each member and a copy of the value with this member misspelt."""
    if isinstance(value, list):
        for at, element in enumerate(value):
            yield from ((name, [*value[:at], wrong, *value[at + 1 :]]) for name, wrong in misspelt(element))
    elif isinstance(value, dict):
        for key, member in value.items():
            if parent not in TO_CHOOSE and (parent, type(member)) != ("selector", str):
                yield key, {**{other: value[other] for other in value if other != key}, f"{key}x": member}
            yield from ((name, {**value, key: wrong}) for name, wrong in misspelt(member, key))


def test_the_manifests_are_valid_for_kubernetes(subtests: pytest.Subtests) -> None:
    """Every member exists in the schemas of Kubernetes' API server."""
    import kubernetes_validate

    latest = kubernetes_validate.latest_version()
    assert manifests()
    for manifest in manifests():
        with subtests.test(kind=manifest["kind"], name=manifest["metadata"]["name"]):
            kubernetes_validate.validate(manifest, latest, strict=True)
            for name, wrong in misspelt(manifest):
                if name not in ("kind", "apiVersion"):  # these select the schema
                    with pytest.raises(kubernetes_validate.ValidationError):
                        kubernetes_validate.validate(wrong, latest, strict=True)


def test_only_workers_have_the_secrets() -> None:
    mounted = {
        role: {volume["name"] for volume in pod["containers"][0].get("volumeMounts", [])}
        for role, pod in pods().items()
    }
    assert mounted == {"scheduler": set(), "worker": {"connections", "secrets"}, "nightly": {"connections", "reports"}}
    for role, pod in pods().items():
        assert {volume["name"] for volume in pod.get("volumes", [])} == mounted[role]
        assert "env" not in pod["containers"][0]


def test_workers_and_the_command_have_the_connections_in_the_same_place() -> None:
    places = {
        volume["mountPath"]
        for pod in pods().values()
        for volume in pod["containers"][0].get("volumeMounts", [])
        if volume["name"] == "connections"
    }
    assert places == {"/connections"}


def test_all_manifests_are_in_one_namespace_closed_to_other_pods() -> None:
    assert {manifest["metadata"]["namespace"] for manifest in manifests()} == {"connections"}
    (policy,) = [manifest["spec"] for manifest in manifests() if manifest["kind"] == "NetworkPolicy"]
    assert policy["podSelector"] == policy["ingress"][0]["from"][0]["podSelector"] == {"matchLabels": {"app": "fleet"}}


def test_services_and_selectors_find_their_pods() -> None:
    labels = {"scheduler": {"app": "fleet", "role": "scheduler"}, "worker": {"app": "fleet", "role": "worker"}}
    for manifest in manifests():
        if manifest["kind"] == "Deployment":
            assert manifest["spec"]["selector"]["matchLabels"] == manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"] in labels.values()
        if manifest["kind"] == "Service":
            assert manifest["spec"]["selector"] == labels["scheduler"]
