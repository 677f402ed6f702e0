"""The admin interface, driven by python-keycloak as the real Keycloak would be."""

from typing import Any

import httpx
import pytest
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakGetError, KeycloakPostError

from tests.idp.browser import Browser, Portal
from tests.idp.stack import Idp, secret

PERSON: dict[str, Any] = {
    "email": "Nina.Neu@demo.example",
    "emailVerified": True,
    "enabled": True,
    "firstName": "Nina",
    "lastName": "Neu",
    "attributes": {"locale": ["en"]},
    "credentials": [{"type": "password", "value": "nina-is-new", "temporary": False}],
}


@pytest.fixture
def admin(own_idp: Idp) -> KeycloakAdmin:
    return KeycloakAdmin(
        server_url=f"{own_idp.origin}/",
        realm_name="kontor",
        client_id="kontor-admin",
        client_secret_key=secret("kontor-admin"),
    )


def as_gateway(idp: Idp, **form: str) -> KeycloakAdmin:
    """The gateway's own account, with the token that the realm gives it for this form."""
    token = httpx.post(
        idp.door("token"),
        data={"grant_type": "client_credentials", **form},
        auth=("kontor-gateway", secret("kontor-gateway")),
    )
    return KeycloakAdmin(
        server_url=f"{idp.origin}/", realm_name="kontor", client_id="kontor-gateway", token=token.json()
    )


def create(admin: KeycloakAdmin, **more: Any) -> str:
    return str(admin.create_user({**PERSON, "username": PERSON["email"], **more}))


def test_a_created_person_can_sign_in(own_idp: Idp, admin: KeycloakAdmin, browser: Browser) -> None:
    user_id = create(admin)
    found = admin.get_users({"email": "nina.neu@demo.example", "exact": True})
    assert [person["id"] for person in found] == [user_id]
    assert found[0]["email"] == "nina.neu@demo.example"
    portal = Portal(own_idp)
    answer = browser.sign_in(portal.authorize_url(), login="nina.neu@demo.example", password="nina-is-new")
    assert answer.status_code == 302
    portal.oauth.close()


def test_roles_are_given_and_taken(admin: KeycloakAdmin) -> None:
    user_id = create(admin)
    agent = admin.get_realm_role("agent")
    admin.assign_realm_roles(user_id, [agent])
    assert {role["name"] for role in admin.get_realm_roles_of_user(user_id)} == {
        "agent",
        "default-roles-kontor",
    }
    admin.delete_realm_roles_of_user(user_id, [agent])
    assert {role["name"] for role in admin.get_realm_roles_of_user(user_id)} == {"default-roles-kontor"}


def test_an_address_belongs_to_one_person(admin: KeycloakAdmin) -> None:
    create(admin)
    with pytest.raises(KeycloakPostError) as refused:
        admin.create_user({**PERSON, "username": "another"}, exist_ok=False)
    assert refused.value.response_code == 409


def test_a_changed_person_keeps_what_was_not_named(admin: KeycloakAdmin) -> None:
    user_id = create(admin)
    admin.update_user(user_id, {"lastName": "Alt"})
    person = admin.get_user(user_id)
    assert (person["firstName"], person["lastName"], person["emailVerified"]) == ("Nina", "Alt", True)
    admin.set_user_password(user_id, "another-password", temporary=False)


def test_a_deleted_person_is_signed_out_everywhere(
    own_idp: Idp, admin: KeycloakAdmin, browser: Browser
) -> None:
    user_id = create(admin)
    portal = Portal(own_idp)
    token = portal.fetch(
        browser.sign_in(portal.authorize_url(), login=PERSON["email"], password="nina-is-new")
    )
    admin.delete_user(user_id)
    assert portal.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
    assert "kc-form-login" in browser.http.get(portal.authorize_url()).text
    assert admin.get_users({"email": "nina.neu@demo.example"}) == []
    portal.oauth.close()


@pytest.mark.parametrize("client", ["kontor-contacts", "kontor-portal", "kontor-integrator"])
def test_no_other_client_administers(idp: Idp, client: str) -> None:
    token = idp.service_token(client).json()["access_token"]
    url = f"{idp.origin}/admin/realms/kontor/users"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 403
    assert httpx.get(url).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"enabled": true}'])
def test_nonsense_creates_nobody(idp: Idp, body: bytes) -> None:
    token = idp.service_token("kontor-admin").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{idp.origin}/admin/realms/kontor/users", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errorMessage"]


def test_who_has_a_role_is_told_to_the_gateways_own_account(own_idp: Idp) -> None:
    gateway = as_gateway(own_idp, scope="realm-view")
    agents = gateway.get_realm_role_members("agent")
    assert [person["username"] for person in agents] == ["service@demo.example"]
    assert [person["username"] for person in gateway.get_realm_role_members("integrator")] == [
        "service-account-kontor-integrator"
    ]
    assert [group["path"] for group in gateway.get_realm_role_groups("agent")] == ["/service"]
    assert gateway.get_realm_role_groups("integrator") == []
    with pytest.raises(KeycloakGetError):
        gateway.get_realm_role_members("king")
    with pytest.raises(KeycloakPostError):
        gateway.create_user(PERSON)


def test_the_token_that_goes_to_the_services_does_not_open_the_realm(own_idp: Idp) -> None:
    with pytest.raises(KeycloakGetError) as caught:
        as_gateway(own_idp).get_realm_role_members("agent")
    assert caught.value.response_code == 403
