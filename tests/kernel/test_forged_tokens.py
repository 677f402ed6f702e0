"""Twelve kinds of forged tokens, made of a real login at the embedded provider: each is refused by its own check."""

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc

from kernel import jwks
from kernel.asking import get_json
from kernel.db import Database
from kernel.errors import NotFound, Unauthenticated, from_rpc_error
from tests.e2e.forgery import realm_pen
from tests.e2e.sso.forgeries import FLOOD, KINDS, Loot, forgeries
from tests.fixtures.serving import Serve, Served
from tests.idp import stack
from tests.idp.browser import Browser, Portal
from tests.kernel.sample import SampleRpc

READ = tickets_pb2.GetTicketRequest(ticket_id="0198a000-0000-7000-8000-000000000001")
REASONS = {kind: {"TOKEN_INVALID"} for kind in KINDS} | {
    # One of them names no audience at all.
    "other_audience": {"WRONG_AUDIENCE", "TOKEN_INVALID"},
    "expired": {"TOKEN_EXPIRED"},
    "wrong_type": {"WRONG_TOKEN_TYPE"},
    # The embedded provider's real one is opaque.
    "refresh_as_access": {"TOKEN_INVALID", "WRONG_TOKEN_TYPE"},
}


@dataclass
class Burglary:
    """A login's loot, and the provider that it comes from."""

    idp: stack.Idp
    loot: Loot


@pytest.fixture(scope="module")
def burglary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Burglary]:
    """A person of the staff has logged in, and somebody has copied everything."""
    state = tmp_path_factory.mktemp("idp")
    idp = stack.start(state)
    browser, portal = (
        Browser(),
        Portal(idp, client="kontor-gateway", callback=f"{stack.GATEWAY}/login/callback"),
    )
    tokens = portal.fetch(browser.sign_in(portal.authorize_url(), login="service@demo.example"))
    yield Burglary(
        idp,
        Loot(
            access=tokens["access_token"],
            refresh=tokens["refresh_token"],
            identity=tokens["id_token"],
            jwks=httpx.get(idp.door("certs")).json(),
            pen=realm_pen(state),
        ),
    )
    browser.http.close()
    portal.oauth.close()
    idp.stop()


@pytest.fixture
async def served(database: Database, serve: Serve, burglary: Burglary) -> Served:
    """A service that trusts the embedded provider."""
    rpc = SampleRpc(database)  # type: ignore[abstract]
    registration = (tickets_pb2_grpc.add_TicketsServicer_to_server, rpc)
    return await serve(registration, database=database, issuer=burglary.idp.issuer)


async def ask(served: Served, token: str) -> str:
    """What becomes of a call: `taken`, or the reason of its refusal."""
    try:
        await tickets_pb2_grpc.TicketsStub(served.channel(token)).GetTicket(READ)
    except Unauthenticated as refused:
        return refused.reason
    except NotFound:
        return "taken"
    return "taken"


async def test_the_genuine_token_is_taken_and_so_is_a_truly_signed_copy(
    served: Served, burglary: Burglary
) -> None:
    assert await ask(served, burglary.loot.access) == "taken"
    assert await ask(served, burglary.loot.changed()) == "taken"
    assert await ask(served, burglary.loot.changed(header={"typ": "at+jwt"})) == "taken"


@pytest.mark.parametrize("kind", KINDS)
async def test_no_forged_token_is_taken(served: Served, burglary: Burglary, kind: str) -> None:
    tokens = forgeries(burglary.loot)[kind]
    reasons = [await ask(served, token) for token in tokens]
    assert len(reasons) >= 2
    assert set(reasons) <= REASONS[kind]
    assert await ask(served, burglary.loot.access) == "taken"


async def test_a_forgery_without_the_realms_hand_is_refused_too(served: Served, burglary: Burglary) -> None:
    """As against a provider that signs nothing for us: the claims are changed, the signature is not."""
    loot = burglary.loot
    bare = Loot(access=loot.access, refresh=loot.refresh, identity=loot.identity, jwks=loot.jwks)
    for tokens in forgeries(bare).values():
        assert "taken" not in [await ask(served, token) for token in tokens[:6]]


async def test_only_one_audience_check_stands_between_a_stranger_and_a_page(
    served: Served, burglary: Burglary
) -> None:
    """A truly signed token for others is refused as such, not by chance for another reason."""
    assert await ask(served, burglary.loot.changed(aud=["kontor-contacts"])) == "WRONG_AUDIENCE"


async def test_a_flood_asks_the_provider_once_and_harms_nobody(
    served: Served, burglary: Burglary, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for a machine that needs ten seconds for the flood.
    monkeypatch.setattr(jwks, "PAUSE_S", 600.0)
    asked: list[str] = []

    async def counting(url: str) -> dict[str, Any]:
        asked.append(url)
        return await get_json(url)

    monkeypatch.setattr(jwks, "get_json", counting)
    flood = forgeries(burglary.loot)["unknown_kid_flood"]
    assert len(flood) == FLOOD
    # All over one connection: hundreds of them would measure the machine.
    stub = tickets_pb2_grpc.TicketsStub(served.bare_channel())

    async def knock(token: str) -> str:
        try:
            await stub.GetTicket(READ, metadata=(("authorization", f"Bearer {token}"),))
        except grpc.RpcError as error:
            return from_rpc_error(error).reason
        return "taken"

    answers = await asyncio.gather(*(knock(token) for token in [*flood, burglary.loot.access] * 3))
    assert answers.count("taken") == 3
    assert answers.count("TOKEN_INVALID") == 3 * FLOOD
    assert asked == [burglary.idp.door("certs")]


async def test_a_nested_header_is_refused_and_not_a_fault_of_ours(served: Served) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 9_000).decode().rstrip("=")
    assert await ask(served, f"{deep}.e30.c2ln") == "TOKEN_INVALID"


async def test_a_rotated_key_is_found_without_a_restart(
    database: Database, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.ExitStack() as stopping:
        idp = stack.start(tmp_path)
        stopping.callback(idp.stop)
        rpc = SampleRpc(database)  # type: ignore[abstract]
        registration = (tickets_pb2_grpc.add_TicketsServicer_to_server, rpc)
        served = await serve(registration, database=database, issuer=idp.issuer)
        before = idp.service_token("kontor-integrator").json()["access_token"]
        assert await ask(served, before) == "taken"
        stack.rotate(tmp_path)
        monkeypatch.setattr(jwks, "PAUSE_S", 600.0)
        after = idp.service_token("kontor-integrator").json()["access_token"]
        assert await ask(served, after) == "TOKEN_INVALID"
        # The pause is over.
        monkeypatch.setattr(jwks, "PAUSE_S", 0.0)
        assert await ask(served, after) == "taken"
        assert await ask(served, before) == "taken"


async def test_a_withdrawn_key_ends_remembered_tokens(
    database: Database, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "PAUSE_S", 0.0)
    with contextlib.ExitStack() as stopping:
        idp = stack.start(tmp_path)
        stopping.callback(idp.stop)
        rpc = SampleRpc(database)  # type: ignore[abstract]
        registration = (tickets_pb2_grpc.add_TicketsServicer_to_server, rpc)
        served = await serve(registration, database=database, issuer=idp.issuer)
        stolen = idp.service_token("kontor-integrator").json()["access_token"]
        assert await ask(served, stolen) == "taken"
        stack.rotate(tmp_path, withdraw=True)
        assert await ask(served, idp.service_token("kontor-integrator").json()["access_token"]) == "taken"
        assert await ask(served, stolen) == "TOKEN_INVALID"
