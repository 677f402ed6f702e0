"""Renders the chart as Helm does, offline, and reads the result as typed pieces."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "kontor"
RELEASE = "acme"

BACKENDS = ("contacts", "campaigns", "tickets", "privacy")
WEB = ("portal", "gateway")
PROCESSES = BACKENDS + WEB

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Process:
    """One Deployment as far as the process inside can tell."""

    name: str
    pod: Manifest
    migrate: Manifest
    main: Manifest

    @property
    def containers(self) -> tuple[Manifest, Manifest]:
        return self.migrate, self.main


def example_values() -> Manifest:
    """The smallest set of values that installs, as shipped beside the chart."""
    values: Manifest = yaml.safe_load((CHART / "ci" / "example-values.yaml").read_text())
    return values


def full_values() -> Manifest:
    """The example with everything optional switched on, so that no branch of a template stays unrendered."""
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    return merged(
        example_values(),
        {
            "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "pull"}]},
            "otlpEndpoint": "http://collector:4317",
            "grpc": {"clientCertificates": True},
            "nats": {"factReaders": ["erp", "data-warehouse"]},
            "tolerations": [{"key": "kontor", "operator": "Exists"}],
            "controller": {
                "phone": "+49 30 5550100",
                "dpoName": "Erika Muster",
                "authorityUrl": "https://www.datenschutz-berlin.de",
                "processors": ["Hoster GmbH, Frankfurt", "Mailrelay AG, Köln"],
            },
            "networkPolicy": {
                "webFrom": [peer],
                "integratorsFrom": [peer],
                "engines": {"postgres": {"to": [peer]}},
            },
            "privacy": {"ledgerExportClaim": "backup-target", "formerLedgerKeys": ["A" * 43 + "="]},
            "campaigns": {
                "mailFrom": "Muster GmbH <kontakt@example.eu>",
                "relayEvidenceUrl": "https://relay.example.eu/accepted",
            },
            "portal": {"ingress": {"annotations": {"example.eu/note": "x"}}},
        },
    )


def merged(base: Manifest, changes: Manifest) -> Manifest:
    """A copy of `base` with `changes` laid over it, mapping by mapping."""
    result = deepcopy(base)
    for key, value in changes.items():
        both_map = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both_map else value
    return result


def render(values: Manifest, *, release: str = RELEASE) -> list[Manifest]:
    """Every object of the release."""
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values, name=release, namespace=release)
    return [
        manifest
        for path, text in sorted(files.items())
        if path.endswith(".yaml")
        for manifest in yaml.safe_load_all(text)
        if manifest
    ]


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of one kind by name."""
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] == kind}


def process(manifests: list[Manifest], name: str) -> Process:
    pod = of_kind(manifests, "Deployment")[f"{RELEASE}-{name}"]["spec"]["template"]["spec"]
    (migrate,) = pod["initContainers"]
    (main,) = pod["containers"]
    return Process(name, pod, migrate, main)


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Every pod specification of whatever kind of object carries one."""
    for manifest in manifests:
        spec = manifest.get("spec", {})
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if template:
            yield manifest["metadata"]["name"], template["spec"]


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, pod in pods(manifests):
        for container in pod.get("initContainers", []) + pod["containers"]:
            yield f"{name}/{container['name']}", container


def env_names(container: Manifest) -> list[str]:
    return [variable["name"] for variable in container["env"]]
