"""The provider ends somebody's sessions: both pages hear of it on the back channel, in every browser."""

from __future__ import annotations

from tests.e2e.check import holds, wait_for
from tests.e2e.sso.world import Counts, World


def run(world: World) -> Counts:
    desk, own = f"{world.gateway}/tickets", f"{world.portal}/tickets"
    with world.visitor() as first, world.visitor() as second, world.visitor() as bystander:
        world.log_in(first, desk, "agent")
        world.log_in(second, own, "agent")
        world.log_in(bystander, own, "customer")
        world.realm.end_sessions(world.ids["agent"])
        wait_for(lambda: not first.sees(desk), "the gateway ends the session", seconds=10)
        wait_for(lambda: not second.sees(own), "the portal ends the session", seconds=10)
        holds(first.is_asked and second.is_asked, "both browsers are asked to sign in")
        holds(bystander.sees(own), "somebody else's session was ended as well")
    return {"ended": 2}
