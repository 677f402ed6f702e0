"""A refresh that the provider does not grant: what ends a login, and what only delays a new token."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from kernel.web.provider import Provider, ProviderUnavailable
from kernel.web.sessions import Tokens
from tests.web.sample import settings
from tests.web.token_door import TokenDoor, token_door

SOON = timedelta(seconds=20)


@pytest.fixture
def door() -> Iterator[TokenDoor]:
    with token_door() as opened:
        yield opened


@pytest.fixture
def provider(door: TokenDoor) -> Provider:
    return Provider(
        Flask(__name__), settings(oidc_issuer=door.issuer, database_url="postgresql://nobody.example/x")
    )


@pytest.fixture
def tokens() -> Tokens:
    return Tokens("access-1", "refresh-1", "identity-1", datetime.now(UTC) + SOON)


def test_only_a_spent_grant_ends_a_login(door: TokenDoor, provider: Provider, tokens: Tokens) -> None:
    door.refuse(400, {"error": "invalid_grant"})
    assert provider.renew(tokens) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        # The client's secret was changed at the provider and not here yet.
        (401, {"error": "invalid_client"}),
        (401, {"error": "unauthorized_client"}),
        (400, {"error": "unauthorized_client"}),
        (429, "too many requests"),
        (404, {"error": "Realm does not exist"}),
        (400, "<html>a proxy has a word</html>"),
        (400, ["invalid_grant"]),
        (503, {"error": "invalid_grant"}),
        (200, "<html>a proxy has a word</html>"),
        (200, {"token_type": "Bearer"}),
    ],
)
def test_whatever_else_it_answers_ends_nobodys_login(
    door: TokenDoor, provider: Provider, tokens: Tokens, status: int, body: object
) -> None:
    door.refuse(status, body)
    assert provider.renew(tokens) == tokens
    with pytest.raises(ProviderUnavailable):
        provider.renew(replace(tokens, expires_at=datetime.now(UTC)))


def test_a_granted_refresh_brings_a_new_token(door: TokenDoor, provider: Provider, tokens: Tokens) -> None:
    door.give("access-2", lifetime_s=300)
    renewed = provider.renew(tokens)
    assert renewed is not None
    assert (renewed.access, renewed.refresh) == ("access-2", "refresh-1")
