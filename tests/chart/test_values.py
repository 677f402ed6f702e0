"""The schema of the values refuses what the chart would not understand, and knows every value there is."""

import json
from typing import Any

import helm_python as helm
import pytest
import yaml

from tests.chart.rendering import (
    CHART,
    PROCESSES,
    Manifest,
    example_values,
    merged,
    pods,
    render,
)

WRONG: list[tuple[str, Manifest, str]] = [
    ("an unknown key", {"replica": 3}, "additional properties 'replica' not allowed"),
    ("an unknown key of a process", {"contacts": {"replica": 3}}, "'replica' not allowed"),
    ("a secret in the values", {"contacts": {"databaseUrl": "postgresql://x"}}, "'databaseUrl' not allowed"),
    ("an issuer without TLS", {"oidc": {"issuer": "http://login.example.eu"}}, "/oidc/issuer"),
    ("two stream replicas", {"nats": {"streamReplicas": 2}}, "/nats/streamReplicas"),
    ("a reader with a wildcard", {"nats": {"factReaders": ["erp.>"]}}, "/nats/factReaders"),
    ("a holder key that is no key", {"privacy": {"holderKeys": {"contacts": "x"}}}, "/privacy/holderKeys"),
    ("a state that is none", {"controller": {"state": "XX"}}, "/controller/state"),
    ("no authority", {"controller": {"authorityName": ""}}, "/controller/authorityName"),
    ("a sender without an address", {"campaigns": {"mailFrom": "Muster GmbH"}}, "/campaigns/mailFrom"),
    ("proxies without end", {"portal": {"trustedProxies": 6}}, "/portal/trustedProxies"),
    ("an ingress without TLS", {"portal": {"ingress": {"tlsSecret": ""}}}, "/portal/ingress/tlsSecret"),
    ("no replica", {"tickets": {"replicas": 0}}, "/tickets/replicas"),
]


@pytest.mark.parametrize(
    ("changes", "complaint"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_wrong_value_is_refused_by_name(changes: Manifest, complaint: str) -> None:
    with pytest.raises(helm.HelmValuesError) as refusal:
        render(merged(example_values(), changes))
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_missing_secret_name_is_refused(name: str) -> None:
    values = example_values()
    del values[name]["existingSecret"]
    with pytest.raises(helm.HelmValuesError, match=f"/{name}/existingSecret"):
        render(values)


def test_defaults_alone_do_not_install() -> None:
    with pytest.raises(helm.HelmValuesError):
        render({})


def test_schema_and_defaults_know_the_same_values() -> None:
    schema: Manifest = json.loads((CHART / "values.schema.json").read_text())
    defaults: Manifest = yaml.safe_load((CHART / "values.yaml").read_text())
    missing, closed = _compare(schema, defaults, schema["$defs"], "")
    assert missing == []
    assert closed == [], "every object of the schema refuses unknown keys"


def test_personal_data_stays_in_the_named_regions() -> None:
    for name, pod in pods(render(merged(example_values(), {"residency": {"regions": ["eu-north-1"]}}))):
        required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        (term,) = required["nodeSelectorTerms"]
        assert term["matchExpressions"] == [
            {"key": "topology.kubernetes.io/region", "operator": "In", "values": ["eu-north-1"]}
        ], name


def test_without_regions_there_is_no_affinity() -> None:
    for name, pod in pods(render(merged(example_values(), {"residency": {"regions": []}}))):
        assert "affinity" not in pod, name


def _compare(schema: Manifest, value: Any, definitions: Manifest, path: str) -> tuple[list[str], list[str]]:
    """Paths that only one side knows, and objects of the schema that are open."""
    schema = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if not isinstance(value, dict) or "properties" not in schema:
        return [], []
    known = set(schema["properties"]) - {"global"}
    # What has no sensible default is required, and what is optional may be absent: both are named in values.yaml.
    missing = [f"{path}/{key}" for key in known ^ set(value)]
    open_objects = [] if schema.get("additionalProperties") is False else [path or "/"]
    for key in known & set(value):
        deeper = _compare(schema["properties"][key], value[key], definitions, f"{path}/{key}")
        missing += deeper[0]
        open_objects += deeper[1]
    # CPU limits are allowed and deliberately not set.
    return [found for found in missing if not found.endswith("/limits/cpu")], open_objects
