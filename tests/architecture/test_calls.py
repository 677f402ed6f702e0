"""Calls between services: the realm, the contract and the wiring say the same about who calls whom."""

from __future__ import annotations

import ast
import json
from functools import cache
from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor
from kontor.options.v1 import options_pb2

from tests.architecture.tree import BACK_ENDS, ROOT, WEB, Module, modules, services

METHODS = [m for s in services() for m in s.methods if m.GetOptions().Extensions[options_pb2.access].within]


@cache
def clients() -> dict[str, dict[str, Any]]:
    realm = json.loads((ROOT / "deploy/keycloak/realm-kontor.json").read_text())
    return {client["clientId"]: client for client in realm["clients"]}


def exchanges(client: dict[str, Any]) -> bool:
    return bool(client["attributes"].get("standard.token.exchange.enabled") == "true")


def called_by(module: Module) -> set[str]:
    """Which services a composition root opens channels to."""
    return {
        str(keyword.value.value)
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "channel"
        for keyword in call.keywords
        if keyword.arg == "to" and isinstance(keyword.value, ast.Constant)
    }


def within_faults(method: MethodDescriptor) -> list[str]:
    """What is wrong with the callers that a rule names."""
    service = method.containing_service.full_name.split(".")[1]
    faults = []
    for name in method.GetOptions().Extensions[options_pb2.access].within:
        client = clients().get(name)
        if client is None:
            faults.append(f"{name} is no client of the realm")
        elif not exchanges(client):
            faults.append(f"{name} exchanges no tokens")
        elif client["standardFlowEnabled"]:
            # A person could then get a token with its `azp` by logging in.
            faults.append(f"{name} has a login of its own")
        elif f"to-kontor-{service}" not in client["optionalClientScopes"]:
            faults.append(f"{name} has no scope for {service}")
    return faults


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
def test_who_is_named_in_a_rule_can_call_it_and_has_no_login(method: MethodDescriptor) -> None:
    assert within_faults(method) == []


@pytest.mark.parametrize("service", BACK_ENDS)
def test_a_service_has_the_scopes_of_those_it_calls_and_no_other(service: str) -> None:
    # Where a service is put together: its entry point, and what that shares with its commands.
    roots = [m for room in ("__main__", "assembly") for m in modules(f"services/{service}/{room}.py")]
    called = [name for root in roots for name in called_by(root)]
    client = clients()[f"kontor-{service}"]
    assert {f"to-kontor-{name}" for name in called} == set(client["optionalClientScopes"])
    assert "kontor-audiences" not in client["defaultClientScopes"]
    assert exchanges(client)


def test_pages_and_integrators_exchange_nothing() -> None:
    assert not any(exchanges(clients()[f"kontor-{name}"]) for name in (*WEB, "integrator", "admin"))


def test_the_rules_notice_what_breaks_them(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "async def main():\n    backend.channel(settings.contacts_target, to='contacts')\n"
    assert called_by(Module.of(source)) == {"contacts"}
    method = METHODS[0]
    name = method.GetOptions().Extensions[options_pb2.access].within[0]
    good = clients()[name]
    for change, fault in (
        ({"attributes": {}}, "exchanges no tokens"),
        ({"standardFlowEnabled": True}, "has a login of its own"),
        ({"optionalClientScopes": []}, "has no scope for"),
    ):
        monkeypatch.setitem(clients(), name, good | change)
        assert fault in within_faults(method)[0]
    monkeypatch.delitem(clients(), name)
    assert "is no client of the realm" in within_faults(method)[0]
