"""Signing out of one page signs out of the other, and of the provider; out everywhere reaches the other browsers."""

from __future__ import annotations

from tests.e2e.check import holds, wait_for
from tests.e2e.sso.world import Counts, Visitor, World


def run(world: World) -> Counts:
    desk, own = f"{world.gateway}/tickets", f"{world.portal}/tickets"
    with world.visitor() as visitor, world.visitor() as elsewhere, world.visitor() as bystander:
        world.log_in(visitor, desk, "agent")
        world.log_in(elsewhere, desk, "agent")
        world.log_in(bystander, own, "customer")
        holds(visitor.sees(own), "one sign-in opens both pages")
        visitor.log_out()
        holds(visitor.page.url.startswith(world.portal), f"signing out ends at {visitor.page.url}")
        _is_out(visitor, desk)
        holds(elsewhere.sees(desk), "another browser's session was ended as well")
        world.log_in(visitor, desk, "agent")
        holds(visitor.sees(own), "one sign-in opens both pages again")
        holds(elsewhere.sees(own), "one sign-in opens both pages in the other browser, too")
        ended = _leave_everywhere(world, visitor)
        _is_out(visitor, own)
        wait_for(lambda: not elsewhere.sees(own), "the other browser's portal hears of it", seconds=10)
        holds(elsewhere.is_asked and not elsewhere.sees(desk), "the other browser is asked to sign in")
        holds(bystander.sees(own), "somebody else's session was ended as well")
    return {"pages": 2, "ended_everywhere": ended}


def _is_out(visitor: Visitor, other_page: str) -> None:
    # The provider tells the other page behind the browser's back; that takes a moment.
    wait_for(lambda: not visitor.sees(other_page), "the other page hears of it", seconds=10)
    holds(visitor.is_asked, "the provider asks for the password again")


def _leave_everywhere(world: World, visitor: Visitor) -> int:
    """By the button under one's own logins; answers how many are listed there."""
    visitor.open(f"{world.gateway}/sessions")
    listed = visitor.page.locator(".k-row").count()
    visitor.page.locator("form[action='/sessions/end'] button").click()
    visitor.page.wait_for_load_state()
    return listed
