"""Tokens for other services, from the embedded provider: one callee each, and the user proven in them."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from kernel import tokens as tokens_module
from kernel.asking import post_form
from kernel.errors import Unauthenticated, Unavailable
from kernel.identity import Principal, TokenVerifier
from kernel.tokens import ServiceTokens
from tests.idp import stack
from tests.idp.browser import Browser, Portal


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Idp]:
    running = stack.start(tmp_path_factory.mktemp("idp"))
    yield running
    running.stop()


@pytest.fixture
def contacts(idp: stack.Idp) -> ServiceTokens:
    """The contacts service's tokens."""
    return tokens_of(idp, "kontor-contacts")


@pytest.fixture
def login(idp: stack.Idp) -> Iterator[dict[str, Any]]:
    """What a person of the staff got at the gateway."""
    browser, gateway = (
        Browser(),
        Portal(idp, client="kontor-gateway", callback=f"{stack.GATEWAY}/login/callback"),
    )
    yield gateway.fetch(browser.sign_in(gateway.authorize_url(), login="service@demo.example"))
    browser.http.close()
    gateway.oauth.close()


def tokens_of(idp: stack.Idp, client: str) -> ServiceTokens:
    return ServiceTokens(issuer=idp.issuer, client_id=client, client_secret=stack.secret(client))


def verifier(idp: stack.Idp, service: str) -> TokenVerifier:
    return TokenVerifier(issuer=idp.issuer, audience=service)


async def caller(idp: stack.Idp, login: dict[str, Any]) -> Principal:
    """The user as contacts sees them."""
    return await verifier(idp, "kontor-contacts").verify(login["access_token"])


async def test_a_token_for_privacy_opens_privacy_and_nothing_else(
    idp: stack.Idp, contacts: ServiceTokens
) -> None:
    own = await contacts.own("kontor-privacy")
    principal = await verifier(idp, "kontor-privacy").verify(own)
    assert (principal.client, *principal.roles) == ("kontor-contacts", "service")
    for other in ("kontor-contacts", "kontor-campaigns", "kontor-tickets"):
        with pytest.raises(Unauthenticated) as refused:
            await verifier(idp, other).verify(own)
        assert refused.value.reason == "WRONG_AUDIENCE"
    with pytest.raises(Unavailable):
        await contacts.on_behalf(principal, "kontor-tickets")


async def test_on_behalf_of_a_user_both_are_named(
    idp: stack.Idp, contacts: ServiceTokens, login: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def counting(url: str, form: dict[str, str]) -> dict[str, Any]:
        asked.append(form["audience"])
        return await post_form(url, form)

    monkeypatch.setattr(tokens_module, "post_form", counting)
    user = await caller(idp, login)
    token = await contacts.on_behalf(user, "kontor-privacy")
    assert await contacts.on_behalf(user, "kontor-privacy") == token
    assert asked == ["kontor-privacy"]
    principal = await verifier(idp, "kontor-privacy").verify(token)
    assert (principal.subject, principal.client) == (user.subject, "kontor-contacts")
    assert (principal.roles, principal.session) == (user.roles, user.session)
    assert principal.audiences == {"kontor-privacy"}
    with pytest.raises(Unauthenticated):
        await verifier(idp, "kontor-tickets").verify(token)


async def test_what_one_user_got_is_never_given_to_another(
    idp: stack.Idp, contacts: ServiceTokens, login: dict[str, Any]
) -> None:
    browser, portal = Browser(), Portal(idp)
    other = portal.fetch(browser.sign_in(portal.authorize_url()))
    browser.http.close()
    portal.oauth.close()
    users = [await caller(idp, login), await caller(idp, other)]
    subjects = [
        jwt.decode(await contacts.on_behalf(user, "kontor-privacy"), options={"verify_signature": False})[
            "sub"
        ]
        for user in users
    ]
    assert subjects == [user.subject for user in users]
    assert len(set(subjects)) == 2


async def test_after_the_logout_there_is_no_exchange(
    idp: stack.Idp, contacts: ServiceTokens, login: dict[str, Any]
) -> None:
    user = await caller(idp, login)
    async with httpx.AsyncClient() as http:
        await http.get(idp.door("logout"), params={"id_token_hint": login["id_token"]})
    with pytest.raises(Unauthenticated) as refused:
        await contacts.on_behalf(user, "kontor-privacy")
    assert refused.value.reason == "TOKEN_INVALID"


async def test_a_callee_that_the_realm_does_not_allow_is_nothing_that_the_user_could_mend(
    contacts: ServiceTokens, idp: stack.Idp, login: dict[str, Any]
) -> None:
    with pytest.raises(Unavailable):
        await contacts.on_behalf(await caller(idp, login), "kontor-tickets")


async def test_exchanged_tokens_are_bounded_and_leave_with_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def given(url: str, form: dict[str, str]) -> dict[str, Any]:
        return {"access_token": f"for {form['subject_token']}", "expires_in": 300}

    monkeypatch.setattr(tokens_module, "post_form", given)
    monkeypatch.setattr(tokens_module, "_REMEMBERED", 3)
    monkeypatch.setattr(tokens_module, "time", lambda: 1000.0)
    exchanged = ServiceTokens(issuer="http://127.0.0.1:9/realms/kontor", client_id="c", client_secret="s")
    for number in range(5):
        user = Principal("s", "kontor-portal", frozenset(), f"token {number}", expires_at=1010.0)
        assert await exchanged.on_behalf(user, "kontor-privacy") == f"for token {number}"
    assert len(exchanged._exchanged) == 3
    monkeypatch.setattr(tokens_module, "time", lambda: 1020.0)
    late = Principal("s", "kontor-portal", frozenset(), "token 9", expires_at=1320.0)
    await exchanged.on_behalf(late, "kontor-privacy")
    assert len(exchanged._exchanged) == 1
    # Its user's token ends in this very moment, within the leeway of clocks: used once, never kept.
    gone = Principal("s", "kontor-portal", frozenset(), "token 10", expires_at=1019.0)
    alone = ServiceTokens(issuer="http://127.0.0.1:9/realms/kontor", client_id="c", client_secret="s")
    assert await alone.on_behalf(gone, "kontor-privacy") == "for token 10"
    assert len(alone._exchanged) == 0
