"""Forged tokens of twelve kinds knock at a real service; none is let in, and who holds a good one notices nothing."""

from __future__ import annotations

import time

import httpx
from kontor.contacts.v1.contacts_pb2 import GetContactRequest

from kernel.errors import DomainError, NotFound, Unauthenticated
from tests.e2e.calls import Caller, side_by_side
from tests.e2e.check import Broken, holds, same
from tests.e2e.forgery import pen_of
from tests.e2e.sso.forgeries import KINDS, Loot, forgeries
from tests.e2e.world import Counts, World

_NOBODY = "018f0000-0000-7000-8000-000000000000"
_AT_ONCE_SECONDS = 2.0


def run(world: World) -> Counts:
    """Counts the kinds of which every token was refused."""
    loot = steal(world)
    knock(world, loot.access)
    refused = 0
    for kind, tokens in forgeries(loot).items():
        began = time.monotonic()
        answers = side_by_side(lambda token: _outcome(world, token), [*tokens, loot.access])
        same(
            answers,
            ["refused"] * len(tokens) + ["taken"],
            f"what came of {kind}, and of a good token beside it",
        )
        holds(time.monotonic() - began < _AT_ONCE_SECONDS * len(answers), f"nobody waits because of {kind}")
        refused += 1
    same(refused, len(KINDS), "kinds of forged tokens")
    return {"forged_refused": refused}


def steal(world: World) -> Loot:
    """A genuine login's tokens, and what the realm publishes."""
    tokens = world.realm.log_in(world.login_of("agent"))
    jwks = httpx.get(f"{world.realm.issuer}/protocol/openid-connect/certs", timeout=10)
    return Loot(
        access=str(tokens["access_token"]),
        refresh=str(tokens["refresh_token"]),
        identity=str(tokens["id_token"]),
        jwks=dict(jwks.json()),
        pen=pen_of(world.running),
    )


def knock(world: World, token: str) -> None:
    """Ask for nobody's contact: whoever is let in hears that there is none. Errors: whatever the service says."""
    caller = Caller(world.env, lambda: token)
    try:
        caller.contacts.GetContact(GetContactRequest(contact_id=_NOBODY))
    except NotFound:
        return
    finally:
        caller.close()
    raise Broken("a contact that nobody made was found")


def _outcome(world: World, token: str) -> str:
    try:
        knock(world, token)
    except Unauthenticated:
        return "refused"
    except DomainError as error:
        return f"{type(error).__name__} {error.reason}"
    return "taken"
