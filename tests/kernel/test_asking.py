"""A provider that is down or silent: what is good goes on, what is new fails clearly, and nobody queues."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from kernel import asking, identity, jwks, tokens
from kernel.errors import Unauthenticated, Unavailable
from kernel.identity import TokenVerifier
from kernel.tokens import ServiceTokens
from tests.fixtures.realm import Realm

PATIENCE_S = 0.4
CALLEE = "kontor-contacts"
# On a busy machine; what waits its turn for every caller takes several times as long.
LONG_S = 8.0


@pytest.fixture
def silence(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> Realm:
    """A provider that takes every connection and never says a word, once `realm.stop()` is called."""
    monkeypatch.setattr(asking, "PATIENCE_S", PATIENCE_S)
    return realm


def fall_silent(realm: Realm) -> socket.socket:
    realm.stop()
    mute = socket.socket()
    mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    mute.bind(("127.0.0.1", realm.port))
    mute.listen(500)
    return mute


def due(own: ServiceTokens) -> None:
    """It is time to renew the token for the callee."""
    kept = own._own[CALLEE]
    kept._issued = replace(kept._issued, renew_at=0.0)


def over(own: ServiceTokens) -> None:
    """The token for the callee has ended."""
    kept = own._own[CALLEE]
    kept._issued = replace(kept._issued, ends_at=0.0)


def verifier_of(realm: Realm) -> TokenVerifier:
    return TokenVerifier(issuer=realm.issuer, audience="kontor-tickets")


async def reason_of(verifier: TokenVerifier, token: str) -> str:
    try:
        await verifier.verify(token)
    except (Unavailable, Unauthenticated) as refused:
        return refused.reason
    return "taken"


async def test_hundreds_who_wait_for_a_silent_provider_wait_once(silence: Realm) -> None:
    with fall_silent(silence):
        verifier, given = verifier_of(silence), [silence.token("agent", sub=str(n)) for n in range(300)]
        began = time.monotonic()
        refused = await asyncio.gather(*(reason_of(verifier, token) for token in given))
        assert set(refused) == {"IDENTITY_PROVIDER_UNAVAILABLE"}
        # One after the other they would take two minutes.
        assert time.monotonic() - began < LONG_S
        began = time.monotonic()
        for token in given[:50]:
            assert await reason_of(verifier, token) == "IDENTITY_PROVIDER_UNAVAILABLE"
        assert time.monotonic() - began < LONG_S


async def test_with_a_silent_provider_good_tokens_go_on_and_new_keys_fail(
    silence: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FRESH_S", 0.0)
    monkeypatch.setattr(jwks, "PAUSE_S", 0.0)
    verifier, before = verifier_of(silence), silence.token("agent")
    assert await reason_of(verifier, before) == "taken"
    with fall_silent(silence):
        fresh = silence.token("agent", sub="logged in a moment ago")
        assert await reason_of(verifier, fresh) == "taken"
        given, began = [silence.token("agent", sub=str(n)) for n in range(50)], time.monotonic()
        for token in given:
            # The attempt has failed: each next one runs beside the calls, which do not wait for it.
            assert await reason_of(verifier, token) == "taken"
            assert await reason_of(verifier, before) == "taken"
        assert time.monotonic() - began < LONG_S
        silence.rotate()
        assert await reason_of(verifier, silence.token("agent")) == "IDENTITY_PROVIDER_UNAVAILABLE"


async def test_a_caller_who_gives_up_does_not_spoil_it_for_the_others(realm: Realm) -> None:
    verifier = verifier_of(realm)
    hasty = asyncio.create_task(reason_of(verifier, realm.token("agent")))
    patient = asyncio.create_task(reason_of(verifier, realm.token("agent", sub="patient")))
    await asyncio.sleep(0)
    hasty.cancel()
    assert await patient == "taken"
    assert realm.asked == 1


async def test_a_provider_that_comes_back_is_noticed(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "_PAUSE_EMPTY_S", 0.1)
    verifier = verifier_of(realm)
    realm.stop()
    assert await reason_of(verifier, realm.token("agent")) == "IDENTITY_PROVIDER_UNAVAILABLE"
    realm.start()
    await asyncio.sleep(0.1)
    assert await reason_of(verifier, realm.token("agent")) == "taken"


@pytest.mark.parametrize("answer", [{"keys": 7}, {"keys": [{"kty": "?"}]}, {"nothing": []}])
async def test_nonsense_instead_of_keys_is_an_outage(
    realm: Realm, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]
) -> None:
    monkeypatch.setattr(realm, "jwks", lambda: answer)
    assert await reason_of(verifier_of(realm), realm.token("agent")) == "IDENTITY_PROVIDER_UNAVAILABLE"


@pytest.fixture
async def babble(realm: Realm) -> AsyncIterator[list[bytes]]:
    """What somebody answers instead of the provider, and hangs up."""
    said = [b""]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(said[0])
        await writer.drain()
        writer.close()

    realm.stop()
    server = await asyncio.start_server(answer, "127.0.0.1", realm.port)
    yield said
    server.close()


@pytest.mark.parametrize(
    "said", [b"", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200]
)
async def test_what_is_no_http_is_an_outage(realm: Realm, babble: list[bytes], said: bytes) -> None:
    babble[0] = said
    assert await reason_of(verifier_of(realm), realm.token("agent")) == "IDENTITY_PROVIDER_UNAVAILABLE"
    own = ServiceTokens(issuer=realm.issuer, client_id="kontor-tickets", client_secret="s")
    with pytest.raises(Unavailable):
        await own.own(CALLEE)


@pytest.mark.parametrize("lifetime", [None, [], "soon"])
async def test_a_token_without_a_known_end_is_none(
    realm: Realm, monkeypatch: pytest.MonkeyPatch, lifetime: object
) -> None:
    async def answer(url: str, form: dict[str, str]) -> dict[str, object]:
        return {"access_token": "t", "expires_in": lifetime}

    monkeypatch.setattr(tokens, "post_form", answer)
    own = tokens._Token(realm.issuer, {})
    # The errand swallows what its task raises; asked directly, it raises nothing.
    await own._renew()
    with pytest.raises(Unavailable):
        await own.get()


async def test_remembered_tokens_are_bounded_and_leave_when_they_end(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_REMEMBERED", 3)
    verifier = verifier_of(realm)
    remembered = verifier._known
    for number in range(5):
        await verifier.verify(realm.token("agent", sub=str(number)))
    assert [principal.subject for principal in remembered.values()] == ["2", "3", "4"]
    monkeypatch.setattr(identity, "_REMEMBERED", 9)
    ends = int(time.time()) + 1
    remembered.clear()
    for number in range(2):
        await verifier.verify(realm.token("agent", sub=f"brief {number}", exp=ends))
    await asyncio.sleep(ends - time.time() + 0.05)
    await verifier.verify(realm.token("agent", sub="next"))
    assert [principal.subject for principal in remembered.values()] == ["next"]


async def test_a_services_token_is_used_to_its_end_while_the_provider_is_silent(
    silence: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ServiceTokens(issuer=silence.issuer, client_id="kontor-tickets", client_secret="s")
    first = await own.own(CALLEE)
    with fall_silent(silence):
        due(own)
        began = time.monotonic()
        assert set(await asyncio.gather(*(own.own(CALLEE) for _ in range(300)))) == {first}
        assert time.monotonic() - began < LONG_S
        over(own)
        refused = await asyncio.gather(*(own.own(CALLEE) for _ in range(300)), return_exceptions=True)
        assert {type(error) for error in refused} == {Unavailable}
        assert time.monotonic() - began < LONG_S


async def test_a_services_token_is_renewed_at_half_its_life(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PAUSE_S", 0.0)
    own = ServiceTokens(issuer=realm.issuer, client_id="kontor-tickets", client_secret="s")
    first = await own.own(CALLEE)
    assert await own.own(CALLEE) == first
    due(own)
    assert await own.own(CALLEE) == first
    for _ in range(100):
        if await own.own(CALLEE) != first:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the token was not renewed")
