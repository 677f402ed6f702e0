"""What must be right before the provider starts, and what it keeps when it stops."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.keycloak.placeholders import resolve
from devstack.idp.__main__ import check_environment
from devstack.idp.errors import SetupError
from devstack.idp.policy import PasswordPolicy
from devstack.idp.realm import load_realm
from tests.idp import stack
from tests.idp.browser import Browser, Portal


def refusal(*, listen: str = "127.0.0.1:0", realm: Path = stack.REALM, state: Path, **more: str) -> str:
    """Try to start the process, and return what it says when it refuses."""
    environment = stack.environment(**more)
    line = stack.command(listen=listen, state=state, realm=realm)
    done = subprocess.run(line, env=environment, cwd=stack.ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8002", "[::]:8002", ":8002", "192.168.1.5:8002", "kontor.example:8002"]
)
def test_it_listens_on_loopback_only(address: str) -> None:
    with pytest.raises(SetupError, match="loopback"):
        check_environment({"KONTOR_EMBEDDED_STACK": "1"}, listen=address)


@pytest.mark.parametrize("address", ["127.0.0.1:8002", "[::1]:8002", "localhost:8002"])
def test_every_loopback_address_will_do(address: str) -> None:
    check_environment({"KONTOR_EMBEDDED_STACK": "1"}, listen=address)


def test_the_process_keeps_to_both(tmp_path: Path) -> None:
    assert "embedded stack only" in refusal(state=tmp_path, KONTOR_EMBEDDED_STACK="true")
    assert "loopback" in refusal(listen="0.0.0.0:8002", state=tmp_path)


def test_every_unset_variable_is_named(tmp_path: Path) -> None:
    said = refusal(state=tmp_path, KONTOR_PORTAL_SECRET="", KONTOR_GATEWAY_URL="")
    assert "KONTOR_GATEWAY_URL, KONTOR_PORTAL_SECRET" in said


def test_a_missing_realm_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.json" in refusal(state=tmp_path, realm=tmp_path / "nowhere.json")


def test_placeholders_fill_like_keycloaks() -> None:
    document = {"a": ["${NAME}/x", {"b": "${OTHER:fallback}"}], "c": 1, "d": "$NAME"}
    filled = resolve(document, env={"NAME": "http://host"}, source="file")
    assert filled == {"a": ["http://host/x", {"b": "fallback"}], "c": 1, "d": "$NAME"}


def altered(tmp_path: Path, change: Any) -> Path:
    realm = json.loads(stack.REALM.read_text())
    change(realm)
    path = tmp_path / "realm.json"
    path.write_text(json.dumps(realm))
    return path


def test_a_mapper_that_only_keycloak_has_is_an_error(tmp_path: Path) -> None:
    def change(realm: Any) -> None:
        realm["clientScopes"][0]["protocolMappers"][0]["protocolMapper"] = "oidc-script-mapper"

    with pytest.raises(SetupError, match="oidc-script-mapper"):
        load_realm(altered(tmp_path, change), env=stack.environment())


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="passwordPolicy"):
        load_realm(altered(tmp_path, lambda realm: realm.pop("passwordPolicy")), env=stack.environment())


def test_no_secret_stands_in_the_realm_file() -> None:
    realm = json.loads(stack.REALM.read_text())
    assert all(client["secret"].startswith("${KONTOR_") for client in realm["clients"])
    people = [user for user in realm["users"] if "serviceAccountClientId" not in user]
    assert people == []


def test_only_the_two_web_pages_have_a_sign_in_and_both_need_pkce() -> None:
    realm = load_realm(stack.REALM, env=stack.environment())
    pages = {
        name: client for name, client in realm.clients.items() if "authorization_code" in client.grant_types
    }
    assert pages.keys() == {"kontor-portal", "kontor-gateway"}
    assert all(client.requires_pkce for client in pages.values())


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("short", False),
        ("long enough", True),
        ("somebody@x.example", False),
        ("SOMEBODY@x.example", False),
        ("x" * 129, False),
    ],
)
def test_the_password_policy_is_kept(password: str, accepted: bool) -> None:
    policy = PasswordPolicy.parse(
        "length(10) and maxLength(128) and notUsername(undefined) and notEmail(undefined)"
    )
    assert policy.accepts(password, username="somebody@x.example", email="somebody@x.example") is accepted


def test_an_unknown_password_rule_is_an_error() -> None:
    with pytest.raises(SetupError, match="passwordHistory"):
        PasswordPolicy.parse("length(10) and passwordHistory(3)")


def test_a_restart_keeps_keys_sessions_and_refresh_tokens(tmp_path: Path, browser: Browser) -> None:
    port = stack.free_port()
    first = stack.start(tmp_path, port=port)
    portal = Portal(first)
    token = portal.fetch(browser.sign_in(portal.authorize_url()))
    keys = httpx.get(first.door("certs")).json()
    first.stop()
    second = stack.start(tmp_path, port=port)
    try:
        assert httpx.get(second.door("certs")).json() == keys
        assert portal.refresh(token["refresh_token"]).status_code == 200
        assert "code=" in browser.http.get(portal.authorize_url()).headers["location"]
    finally:
        second.stop()
        portal.oauth.close()


def test_the_state_is_its_owners_alone(own_idp: stack.Idp, tmp_path: Path) -> None:
    assert own_idp.process.poll() is None
    assert (tmp_path / "idp.sqlite3").stat().st_mode & 0o077 == 0
