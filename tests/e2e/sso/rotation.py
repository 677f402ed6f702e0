"""The realm gets a new key: tokens of the old one stay good, new ones are understood, nothing is restarted."""

from __future__ import annotations

import httpx
import jwt

from tests.e2e.check import holds, same, wait_for
from tests.e2e.sso.master import Master
from tests.e2e.sso.world import Counts, World


def run(world: World) -> Counts:
    desk = f"{world.gateway}/tickets"
    before = {name: world.running.restarts(name) for name in ("contacts", "tickets", "portal", "gateway")}
    with world.visitor() as earlier, world.visitor() as later:
        world.log_in(earlier, desk, "agent")
        old_kid = _kid(world)
        Master(world.running).add_signing_key()
        holds(old_kid in _published(world), "the old key stays published")
        holds(earlier.sees(desk), "a session with a token of the old key goes on")
        new_kid = _kid(world)
        holds(new_kid != old_kid, "new tokens are signed with the new key")
        world.log_in(later, desk, "agent")
        # Services ask for an unknown key at most every ten seconds, so that nobody can make them flood the provider.
        wait_for(lambda: later.sees(desk), "a token of the new key is understood", seconds=20, every=1)
        holds(earlier.sees(desk), "the old session still goes on")
    after = {name: world.running.restarts(name) for name in before}
    same(after, before, "restarts of the processes")
    return {"keys": len(_published(world))}


def _kid(world: World) -> str:
    return str(jwt.get_unverified_header(world.realm.person(world.email("agent"))())["kid"])


def _published(world: World) -> list[str]:
    answer = httpx.get(f"{world.issuer}/protocol/openid-connect/certs", timeout=10)
    return [key["kid"] for key in answer.json()["keys"] if key["use"] == "sig"]
