"""Being signed in is not being allowed: a page of another role is refused with a page, and shows nothing."""

from __future__ import annotations

from tests.e2e.check import holds, same
from tests.e2e.sso.world import Counts, World

_FORBIDDEN = 403


def run(world: World) -> Counts:
    refused = {
        "customer": [
            f"{world.gateway}/contacts",
            f"{world.gateway}/suppressions",
            f"{world.gateway}/campaigns",
        ],
        "agent": [f"{world.gateway}/suppressions", f"{world.gateway}/campaigns"],
        "marketer": [f"{world.gateway}/tickets", f"{world.gateway}/suppressions"],
    }
    for name, urls in refused.items():
        with world.visitor() as visitor:
            visitor.open(urls[0])
            visitor.sign_in(world.email(name))
            for url in urls:
                answer = visitor.open(url)
                same(answer.status, _FORBIDDEN, f"{name} opens {url}")
                holds(
                    visitor.page.locator("main h1, main h2").count() >= 1, "the refusal is a page with words"
                )
    return {"refused_pages": sum(len(urls) for urls in refused.values())}
