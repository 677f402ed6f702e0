"""The rights page: what it says is what the contract says, with the realm and without it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from kontor.options.v1 import options_pb2

from devstack.ports import LOOPBACK
from kernel.contract import Scope
from kernel.web.calls import OwnToken
from services.gateway.realm import Realm, RealmSilent
from services.gateway.rights import matrix, words
from tests.architecture.tree import services
from tests.gateway.conftest import LogIn

PEOPLE: dict[str, list[dict[str, Any]]] = {
    "roles/agent/users": [
        {
            "username": "b",
            "email": "b@demo.example",
            "firstName": "Zoë",
            "lastName": "Bauer",
            "enabled": True,
        },
        {"username": "a", "firstName": "Änne", "lastName": "<b>Adler", "enabled": False},
    ],
    "roles/agent/groups": [{"id": "7", "name": "service", "path": "/service"}],
    "groups/7/members": [{"username": "m", "firstName": "Mia", "lastName": "Maier", "enabled": True}],
    "groups": [{"id": "8", "name": "sales"}, {"id": "7", "name": "service"}],
    "roles/admin/users": [{"username": "root", "enabled": True}],
}


class Provider(ThreadingHTTPServer):
    """Keycloak's token endpoint and as much of its admin interface as the page asks for."""

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Answer)
        self.status = 200
        self.paths: list[str] = []


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, {"access_token": "own", "expires_in": 60})

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/admin/realms/kontor/")
        self.server.paths.append(self.path)
        assert self.headers["Authorization"] == "Bearer own"
        self._answer(self.server.status, PEOPLE.get(path, []))

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the test's own output is what matters."""


@pytest.fixture
def provider(app: Flask) -> Iterator[Provider]:
    """The realm that the application asks, running."""
    running = Provider()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    settings = app.config["KONTOR"].model_copy(
        update={"oidc_issuer": f"http://{LOOPBACK}:{running.server_port}/realms/kontor"}
    )
    app.extensions["gateway.realm"] = Realm(settings, token=OwnToken(settings))
    yield running
    running.shutdown()
    running.server_close()


def test_every_rpc_of_the_contract_stands_in_the_matrix_with_its_own_rule() -> None:
    shown = {(part.name, rule.name): rule for part in matrix.parts() for rule in part.rules}
    for service in services():
        for method in service.methods:
            access = method.GetOptions().Extensions[options_pb2.access]
            rule = shown.pop((service.name, method.name))
            assert rule.reach.keys() == set(access.roles), method.full_name
            assert (rule.public, rule.purpose) == (access.public, access.purpose)
            narrowed = {row.role: row.scope for row in access.rows}
            assert all(scope == narrowed.get(role, Scope.ALL) for role, scope in rule.reach.items())
    assert shown == {}


def test_a_role_sees_only_its_own_calls_and_its_own_masks() -> None:
    rules = [rule for part in matrix.parts("sales") for rule in part.rules]
    assert all(rule.public or "sales" in rule.reach for rule in rules)
    assert "StartCampaign" not in {rule.name for rule in rules}
    assert [mask.field for mask in matrix.masks("marketer")] == ["phone", "note"]
    assert [mask.field for mask in matrix.masks("admin")] == ["note"]
    assert matrix.masks("agent") == []


def test_every_word_of_the_contract_is_spoken() -> None:
    assert {part.name for part in matrix.parts()} == words.PARTS.keys()
    purposes = options_pb2.DESCRIPTOR.enum_types_by_name["Purpose"].values_by_number
    categories = options_pb2.DESCRIPTOR.enum_types_by_name["Category"].values_by_number
    assert set(purposes) - {0} == words.PURPOSES.keys()
    assert set(categories) - {0} == words.CATEGORIES.keys()
    assert set(Scope) == words.SCOPES.keys()
    roles = {role for part in matrix.parts() for rule in part.rules for role in rule.reach}
    assert roles == words.ROLES.keys()


def test_the_page_names_the_people_of_each_role(provider: Provider, log_in: LogIn) -> None:
    text = _text(log_in("admin").get("/rights").text)
    # By name, however they came to the role; what a person calls themselves stays text.
    assert text.index("Änne <b>Adler") < text.index("Mia Maier") < text.index("Zoë Bauer")
    assert text.count("über service") == 1
    assert "gesperrt" in text
    assert "Wer welche Rolle hat" in text
    # Nobody lists all customers of a company.
    assert not [path for path in provider.paths if "/customer/" in path or "/service/" in path]


def test_a_chosen_role_narrows_the_page(provider: Provider, log_in: LogIn) -> None:
    text = _text(log_in("admin", language="en").get("/rights?role=marketer").text)
    assert "Nobody has this role." in text
    assert "Contact.note" in text
    assert "AddSuppression" not in text
    assert {path.split("/")[5] for path in provider.paths} == {"marketer"}
    unknown = log_in("admin").get("/rights?role=king")
    assert unknown.status_code == 200
    assert "AddSuppression" in unknown.text


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_realm_that_does_not_let_us_look_is_said(provider: Provider, log_in: LogIn, status: int) -> None:
    provider.status = status
    page = log_in("admin").get("/rights")
    assert page.status_code == 200
    assert "Der Realm antwortet nicht" in page.text
    assert "AddSuppression" in page.text


def test_without_a_realm_the_rules_still_stand(app: Flask, log_in: LogIn) -> None:
    page = log_in("admin").get("/rights")
    assert "Der Realm antwortet nicht" in page.text
    assert "AddSuppression" in page.text
    with app.app_context(), pytest.raises(RealmSilent):
        app.extensions["gateway.realm"].members(["agent"])


def _text(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
