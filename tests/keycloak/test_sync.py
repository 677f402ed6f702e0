"""A realm that was changed by hand is shown with all its differences and put right, and nobody in it is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from keycloak import KeycloakAdmin

from deploy.keycloak import __main__ as program
from deploy.keycloak import wanted
from deploy.keycloak.wanted import Wanted
from devstack.keycloak.server import BOOTSTRAP_CLIENT
from tests.e2e.running import Running
from tests.fixtures import keycloak

pytestmark = [pytest.mark.slow, keycloak.GROUP]
REALM = "kontor-drift"


@pytest.fixture(scope="module")
def env(keycloak_stack: Running) -> dict[str, str]:
    """What an operator would set."""
    return keycloak_stack.realm_sync_env


@pytest.fixture(scope="module")
def target(env: Mapping[str, str]) -> Wanted:
    return wanted.load(wanted.FILE, env=env, realm=REALM)


@pytest.fixture(scope="module")
def admin(env: Mapping[str, str], target: Wanted) -> Iterator[KeycloakAdmin]:
    """An administrator of a realm of its own, which sync itself has made."""
    assert program.sync(target, program.enter(env, realm=REALM), apply=True) == 0
    console = KeycloakAdmin(
        server_url=env["KONTOR_KEYCLOAK_URL"],
        realm_name=REALM,
        user_realm_name="master",
        client_id=BOOTSTRAP_CLIENT,
        client_secret_key=env["KONTOR_KEYCLOAK_CLIENT_SECRET"],
    )
    yield console
    console.delete_realm(REALM)


@pytest.fixture
def lines(env: Mapping[str, str], target: Wanted) -> Any:
    """What the plan shows now."""
    return lambda: [str(change) for change in program.plan(target, program.enter(env, realm=REALM))]


@pytest.fixture
def put_right(env: Mapping[str, str], target: Wanted) -> Any:
    return lambda: program.sync(target, program.enter(env, realm=REALM), apply=True)


def client_id(admin: KeycloakAdmin, name: str) -> str:
    found = admin.get_client_id(name)
    assert found is not None, name
    return found


def scope(admin: KeycloakAdmin, name: str) -> dict[str, Any]:
    return next(found for found in admin.get_client_scopes() if found["name"] == name)


def test_a_new_realm_is_made_whole(admin: KeycloakAdmin, lines: Any) -> None:
    assert lines() == []
    assert admin.get_realm(REALM)["browserFlow"] == "kontor browser"


def test_the_realm_that_the_import_made_is_as_wanted(admin: KeycloakAdmin, env: Mapping[str, str]) -> None:
    imported = wanted.load(wanted.FILE, env=env)
    assert [str(change) for change in program.plan(imported, program.enter(env, realm="kontor"))] == []


def test_many_things_changed_at_once_are_all_shown_and_put_right(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    admin.update_realm(REALM, {"accessTokenLifespan": 86400, "passwordPolicy": "length(1)"})
    admin.delete_realm_role("sales")
    audiences = scope(admin, "kontor-audiences")
    admin.add_mapper_to_client_scope(
        audiences["id"],
        {
            "name": "everything",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {"included.custom.audience": "elsewhere", "access.token.claim": "true"},
        },
    )
    portal = client_id(admin, "kontor-portal")
    admin.update_client(
        portal, {"redirectUris": ["https://evil.example/*"], "directAccessGrantsEnabled": True}
    )
    found = lines()
    assert "~ realm: accessTokenLifespan 86400 → 300" in found
    assert any(line.startswith("~ realm: passwordPolicy 'length(1)'") for line in found)
    assert "+ role sales" in found
    assert "- client scope kontor-audiences, mapper everything" in found
    drifted = next(line for line in found if line.startswith("~ client kontor-portal"))
    assert "https://evil.example/*" in drifted
    assert "directAccessGrantsEnabled True → False" in drifted
    assert any(line.startswith("~ group sales: realmRoles [] → ['sales']") for line in found)
    assert put_right() == 0
    assert lines() == []
    assert admin.get_realm(REALM)["accessTokenLifespan"] == 300
    assert admin.get_client(portal)["redirectUris"] != ["https://evil.example/*"]


def test_a_service_gets_no_more_rights_than_the_file_gives_it(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    account = admin.get_client_service_account_user(client_id(admin, "kontor-integrator"))
    admin.assign_realm_roles(account["id"], [admin.get_realm_role("dpo")])
    management = client_id(admin, "realm-management")
    owner = admin.get_client_role(management, "realm-admin")
    admin.assign_client_role(account["id"], management, [owner])
    assert lines() == [
        "~ account of kontor-integrator: realm roles ['dpo', 'integrator'] → ['integrator']",
        "~ account of kontor-integrator: realm-management ['realm-admin'] → []",
    ]
    assert put_right() == 0
    assert [role["name"] for role in admin.get_realm_roles_of_user(account["id"])] == ["integrator"]


def test_a_role_that_includes_another_one_is_noticed(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    admin.add_composite_realm_roles_to_role("customer", [admin.get_realm_role("admin")])
    assert lines() == ["- role customer includes: admin"]
    assert put_right() == 0
    assert admin.get_composite_realm_roles_of_role("customer") == []


def test_a_client_that_was_deleted_comes_back_with_its_account(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    admin.delete_client(client_id(admin, "kontor-admin"))
    admin.delete_client(client_id(admin, "kontor-tickets"))
    assert "+ client kontor-tickets" in lines()
    assert put_right() == 0
    assert lines() == []
    account = admin.get_client_service_account_user(client_id(admin, "kontor-tickets"))
    assert [role["name"] for role in admin.get_realm_roles_of_user(account["id"])] == ["service"]


def test_a_weakened_second_factor_is_mended_step_by_step(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    steps = admin.get_authentication_flow_executions("kontor browser forms")
    demanded = next(step for step in steps if step["displayName"] == "kontor demanded factor")
    admin.update_authentication_flow_executions(
        {**demanded, "requirement": "DISABLED"}, "kontor browser forms"
    )
    inner = admin.get_authentication_flow_executions("kontor demanded factor")
    otp = next(step for step in inner if step.get("providerId") == "auth-otp-form")
    admin.delete_authentication_flow_execution(otp["id"])
    assert lines() == [
        "~ flow kontor browser forms, step kontor demanded factor: requirement 'DISABLED' → 'CONDITIONAL'",
        "+ flow kontor demanded factor, step auth-otp-form: ALTERNATIVE",
    ]
    assert put_right() == 0
    assert lines() == []


def test_a_flow_that_is_gone_is_built_again_and_bound(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    admin.update_realm(REALM, {"browserFlow": "browser"})
    flows = {flow["alias"]: flow["id"] for flow in admin.get_authentication_flows()}
    admin.delete_authentication_flow(flows["kontor browser"])
    found = lines()
    assert found[0] == "+ flow kontor browser"
    assert found[-1] == "~ realm: browserFlow 'browser' → 'kontor browser'"
    assert put_right() == 0
    assert lines() == []


def test_people_and_their_credentials_are_left_alone(
    admin: KeycloakAdmin, lines: Any, put_right: Any
) -> None:
    person = {
        "username": "bleibt@demo.example",
        "email": "bleibt@demo.example",
        "enabled": True,
        "credentials": [{"type": "password", "value": "bleibt-auch-so", "temporary": False}],
    }
    user_id = str(admin.create_user(person))
    admin.assign_realm_roles(user_id, [admin.get_realm_role("agent")])
    before = (admin.get_user(user_id), admin.get_credentials(user_id), admin.get_realm_roles_of_user(user_id))
    count = admin.users_count()
    admin.update_realm(REALM, {"accessTokenLifespan": 60})
    assert put_right() == 0
    after = (admin.get_user(user_id), admin.get_credentials(user_id), admin.get_realm_roles_of_user(user_id))
    assert after == before
    assert admin.users_count() == count


def test_what_an_operator_added_stays(admin: KeycloakAdmin, lines: Any) -> None:
    admin.create_client({"clientId": "erp-bridge", "serviceAccountsEnabled": True})
    admin.create_realm_role({"name": "auditor"})
    assert lines() == []


def test_showing_changes_nothing_and_says_no_secret(
    admin: KeycloakAdmin,
    env: Mapping[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KONTOR_PORTAL_SECRET", "another-secret-than-before")
    assert program.main(["sync", "--realm", REALM]) == 2
    shown = capsys.readouterr()
    assert "~ client kontor-portal: secret differs (not shown)" in shown.out
    assert "1 difference; nothing was changed." in shown.out
    secrets = [value for name, value in env.items() if name.endswith("_SECRET")]
    assert len(secrets) >= 8
    assert not any(secret in shown.out + shown.err for secret in [*secrets, "another-secret-than-before"])
    monkeypatch.setenv("KONTOR_PORTAL_SECRET", env["KONTOR_PORTAL_SECRET"])
    assert program.main(["sync", "--realm", REALM]) == 0
    assert "no difference" in capsys.readouterr().out


def test_a_keycloak_that_is_away_or_refuses_is_one_sentence(
    env: Mapping[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KONTOR_KEYCLOAK_CLIENT_SECRET", "wrong")
    assert program.main(["sync"]) == 1
    refused = capsys.readouterr().err
    monkeypatch.setenv("KONTOR_KEYCLOAK_URL", "http://127.0.0.1:9")
    assert program.main(["sync"]) == 1
    away = capsys.readouterr().err
    for said in (refused, away):
        assert said.startswith("keycloak sync: Keycloak cannot be asked")
        assert "Traceback" not in said
