"""Signing out of one page signs out of the other, and of the provider."""

from __future__ import annotations

from tests.e2e.check import holds, wait_for
from tests.e2e.sso.world import Counts, World


def run(world: World) -> Counts:
    desk, own = f"{world.gateway}/tickets", f"{world.portal}/tickets"
    with world.visitor() as visitor, world.visitor() as elsewhere:
        world.log_in(visitor, desk, "agent")
        world.log_in(elsewhere, desk, "agent")
        holds(visitor.sees(own), "one sign-in opens both pages")
        visitor.log_out()
        holds(visitor.page.url.startswith(world.portal), f"signing out ends at {visitor.page.url}")
        # The provider tells the other page behind the browser's back; that takes a moment.
        wait_for(lambda: not visitor.sees(desk), "the gateway hears of it", seconds=10)
        holds(visitor.is_asked, "the provider asks for the password again")
        holds(elsewhere.sees(desk), "another browser's session was ended as well")
    return {"pages": 2}
