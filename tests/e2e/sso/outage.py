"""The provider is away, then frozen: who is signed in works on, a new login says so at once, and nothing hangs."""

from __future__ import annotations

import time

from tests.e2e.check import holds, same, wait_for
from tests.e2e.sso.world import Counts, Visitor, World

_UNAVAILABLE = 503
# The provider is asked with a timeout of a few seconds; whatever takes longer than this hangs.
_PROMPT_S = 10.0


def run(world: World) -> Counts:
    desk, own = f"{world.gateway}/tickets", f"{world.portal}/tickets"
    slowest = 0.0
    with world.visitor() as agent, world.visitor() as customer:
        world.log_in(agent, desk, "agent")
        world.log_in(customer, own, "customer")
        world.running.take_down("idp")
        try:
            slowest = max(slowest, _works_on(agent, desk), _works_on(customer, own))
            slowest = max(slowest, _refused(world, desk), _refused(world, own))
        finally:
            world.running.bring_up("idp")
        wait_for(lambda: _can_sign_in(world, desk), "sign-ins work again", seconds=30)
        world.running.freeze("idp")
        try:
            slowest = max(slowest, _works_on(agent, desk), _works_on(customer, own))
            slowest = max(slowest, _refused(world, desk), _refused(world, own))
        finally:
            world.running.thaw("idp")
        wait_for(lambda: _can_sign_in(world, desk), "sign-ins work again", seconds=30)
        holds(agent.sees(desk) and customer.sees(own), "the sessions survived")
    return {"slowest_page_s": round(slowest, 1)}


def _works_on(visitor: Visitor, url: str) -> float:
    began = time.monotonic()
    holds(visitor.sees(url), f"{url} no longer shows itself")
    return _prompt(began, url)


def _refused(world: World, url: str) -> float:
    """A page that says what is the matter, from us: the browser's own error page would tell nobody anything."""
    with world.visitor() as visitor:
        began = time.monotonic()
        answer = visitor.open(url)
        same(answer.status, _UNAVAILABLE, f"a new login at {url}")
        holds(
            not visitor.page.url.startswith(visitor.origin), "the browser was sent to a provider that is away"
        )
        text = visitor.page.locator("main").inner_text()
        holds("Anmeldung ist gerade nicht möglich" in text, f"the page explains itself: {text[:200]!r}")
        return _prompt(began, url)


def _can_sign_in(world: World, url: str) -> bool:
    with world.visitor() as visitor:
        visitor.open(url)
        if not visitor.is_asked:
            return False
        visitor.sign_in(world.email("agent"))
        return visitor.page.url == url


def _prompt(began: float, url: str) -> float:
    seconds = time.monotonic() - began
    holds(seconds < _PROMPT_S, f"{url} took {seconds:.1f} s")
    return seconds
