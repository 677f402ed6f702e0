"""Stage identity: only what the realm signed, for us, and for now, is a token."""

import time

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from kontor.tickets.v1 import tickets_pb2

from kernel.errors import Unauthenticated, Unavailable
from kernel.identity import TokenVerifier
from kernel.tokens import ServiceTokens
from tests.fixtures.realm import Realm
from tests.kernel.conftest import Sample

READ = tickets_pb2.GetTicketRequest(ticket_id="0198a000-0000-7000-8000-000000000001")


CALLEE = "kontor-contacts"


def expired(realm: Realm) -> str:
    return realm.token("agent", exp=int(time.time()) - 60)


BAD_TOKENS = {
    "expired": (expired, "TOKEN_EXPIRED"),
    "not yet valid": (lambda r: r.token("agent", nbf=int(time.time()) + 600), "TOKEN_INVALID"),
    "for another service": (lambda r: r.token("agent", aud=["kontor-contacts"]), "WRONG_AUDIENCE"),
    "for nobody": (lambda r: r.token("agent", aud=None), "TOKEN_INVALID"),
    "of another realm": (lambda r: r.token("agent", iss="http://127.0.0.1:1/realms/other"), "TOKEN_INVALID"),
    "unsigned": (lambda r: r.unsigned("agent"), "TOKEN_INVALID"),
    "HS256 with the public key": (lambda r: r.signed_with_public_key("agent"), "TOKEN_INVALID"),
    "signed by a stranger": (lambda r: r.signed_by_a_stranger("agent"), "TOKEN_INVALID"),
    "a refresh token": (lambda r: r.token("agent", typ="Refresh"), "WRONG_TOKEN_TYPE"),
    "an ID token": (lambda r: r.token("agent", typ="ID"), "WRONG_TOKEN_TYPE"),
    "without a subject": (lambda r: r.token("agent", sub=None), "TOKEN_INVALID"),
    "without an end": (lambda r: r.token("agent", exp=None), "TOKEN_INVALID"),
    "of an unknown key": (lambda r: r.token("agent", kid="nobody"), "TOKEN_INVALID"),
    "no token at all": (lambda r: "abc", "TOKEN_INVALID"),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_no_token_but_the_realms_own_is_taken(sample: Sample, name: str) -> None:
    make, reason = BAD_TOKENS[name]
    with pytest.raises(Unauthenticated) as refused:
        await sample.with_token(make(sample.realm)).GetTicket(READ)
    assert refused.value.reason == reason


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256"])
async def test_a_key_used_with_another_algorithm_is_refused(sample: Sample, algorithm: str) -> None:
    head, payload, signature = sample.realm.token("agent").split(".")
    swapped = sample.realm.head(algorithm)
    assert swapped != head
    with pytest.raises(Unauthenticated):
        await sample.with_token(f"{swapped}.{payload}.{signature}").GetTicket(READ)


async def test_a_good_token_is_taken_and_verified_once(realm: Realm) -> None:
    verifier = TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")
    token = realm.token("agent", "manager", sub="s-1", name="Jana Weiß", email="jana@example.org")
    principal = await verifier.verify(token)
    assert principal.subject == "s-1"
    assert principal.roles == {"agent", "manager"}
    assert principal.name == "Jana Weiß"
    assert not principal.email_verified
    assert await verifier.verify(token) is principal
    assert realm.asked == 1


async def test_a_remembered_token_still_expires(realm: Realm) -> None:
    verifier = TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")
    token = realm.token("agent")
    await verifier.verify(token)
    with time_machine.travel(time.time() + 400), pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert refused.value.reason == "TOKEN_EXPIRED"


async def test_a_rotated_key_is_found(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.jwks.PAUSE_S", 0.0)
    verifier = TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")
    await verifier.verify(realm.token("agent"))
    realm.rotate()
    assert (await verifier.verify(realm.token("agent", sub="after"))).subject == "after"


async def test_unknown_keys_cannot_flood_the_provider(realm: Realm) -> None:
    verifier = TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(realm.token("agent", kid=f"made-up-{number}"))
    assert realm.asked == 1


async def test_without_provider_and_keys_nobody_is_let_in(sample: Sample) -> None:
    sample.realm.stop()
    with pytest.raises(Unavailable) as refused:
        await sample.client("agent").GetTicket(READ)
    assert refused.value.reason == "IDENTITY_PROVIDER_UNAVAILABLE"


async def test_known_keys_outlive_the_provider(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")
    await verifier.verify(realm.token("agent"))
    realm.stop()
    monkeypatch.setattr("kernel.jwks.FRESH_S", 0.0)
    assert (await verifier.verify(realm.token("agent", sub="later"))).subject == "later"
    stranger = realm.token("agent", key=generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(Unauthenticated):
        await verifier.verify(stranger)


async def test_a_services_own_token_is_fetched_once(realm: Realm) -> None:
    own = ServiceTokens(issuer=realm.issuer, client_id="kontor-tickets", client_secret="s")
    assert await own.own(CALLEE) == await own.own(CALLEE)
    realm.stop()
    other = ServiceTokens(issuer=realm.issuer, client_id="kontor-tickets", client_secret="s")
    with pytest.raises(Unavailable):
        await other.own(CALLEE)
