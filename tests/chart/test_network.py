"""Only the arrows of the architecture are open between pods; everything else is denied."""

from typing import Any

import pytest

from tests.chart.rendering import (
    BACKENDS,
    PROCESSES,
    RELEASE,
    WEB,
    Manifest,
    full_values,
    merged,
    of_kind,
    render,
)

DNS, POSTGRES, NATS, HTTPS, OTLP, GRPC, HTTP = 53, 5432, 4222, 443, 4317, 50051, 8000


def test_all_pods_are_denied_everything_first(manifests: list[Manifest]) -> None:
    spec = of_kind(manifests, "NetworkPolicy")[f"{RELEASE}-default-deny"]["spec"]
    assert _selected(spec["podSelector"], manifests) == set(PROCESSES)
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & spec.keys()


@pytest.mark.parametrize("name", WEB)
def test_a_page_reaches_back_ends_and_its_sessions_but_never_the_broker(
    full_release: list[Manifest], name: str
) -> None:
    assert _ports(full_release, name, "egress") == {DNS, GRPC, POSTGRES, HTTPS, OTLP}
    assert _ports(full_release, name, "ingress") == {HTTP}


@pytest.mark.parametrize("name", BACKENDS)
def test_a_back_end_reaches_engines_and_only_campaigns_sends_mail(
    full_release: list[Manifest], name: str
) -> None:
    mail = {25} if name == "campaigns" else set()
    assert _ports(full_release, name, "egress") == {DNS, GRPC, POSTGRES, NATS, HTTPS, OTLP} | mail
    assert _ports(full_release, name, "ingress") == {GRPC}


def test_back_ends_answer_only_the_own_release_and_named_integrators(full_release: list[Manifest]) -> None:
    (rule,) = of_kind(full_release, "NetworkPolicy")[f"{RELEASE}-backends"]["spec"]["ingress"]
    pods, *integrators = rule["from"]
    assert _selected(pods["podSelector"], full_release) == set(PROCESSES)
    assert pods["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == RELEASE
    assert integrators == full_values()["networkPolicy"]["integratorsFrom"]


def test_nobody_calls_a_page_from_inside(full_release: list[Manifest]) -> None:
    for policy in of_kind(full_release, "NetworkPolicy").values():
        for rule in policy["spec"].get("egress", []):
            for peer in rule.get("to", []):
                assert not _selected(peer.get("podSelector"), full_release) & set(WEB)


def test_telemetry_leaves_only_where_a_collector_is_set() -> None:
    silent = render(merged(full_values(), {"otlpEndpoint": ""}))
    assert OTLP not in _ports(silent, "contacts", "egress")


def test_policies_can_be_left_to_the_cluster() -> None:
    assert (
        of_kind(render(merged(full_values(), {"networkPolicy": {"enabled": False}})), "NetworkPolicy") == {}
    )


def _ports(manifests: list[Manifest], name: str, direction: str) -> set[int]:
    """Every port open to (ingress) or from (egress) one process, over all policies that select it."""
    return {
        port["port"]
        for policy in of_kind(manifests, "NetworkPolicy").values()
        if name in _selected(policy["spec"]["podSelector"], manifests)
        for rule in policy["spec"].get(direction, [])
        for port in rule["ports"]
    }


def _selected(selector: dict[str, Any] | None, manifests: list[Manifest]) -> set[str]:
    """The processes whose pods a label selector finds."""
    if selector is None:
        return set()
    (components,) = selector["matchExpressions"]
    assert components["operator"] == "In"
    found = set()
    for deployment in of_kind(manifests, "Deployment").values():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        if (
            selector["matchLabels"].items() <= labels.items()
            and labels[components["key"]] in components["values"]
        ):
            found.add(labels["app.kubernetes.io/component"])
    return found
