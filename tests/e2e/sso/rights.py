"""The administrator's page on rights names the people behind the roles: it asks the realm itself."""

from __future__ import annotations

from tests.e2e.check import holds
from tests.e2e.sso.world import PEOPLE, Counts, World


def run(world: World) -> Counts:
    page = f"{world.gateway}/rights"
    staff = [name for name, roles in PEOPLE.items() if roles]
    with world.visitor() as visitor:
        world.log_in(visitor, page, "admin")
        for name in staff:
            (role,) = PEOPLE[name]
            visitor.open(f"{page}?role={role}")
            holds(
                world.email(name) in visitor.page.content(),
                f"{name} stands among the people with the role {role}",
            )
        holds(world.email("customer") not in visitor.page.content(), "customers are listed as staff")
        visitor.open(f"{world.gateway}/contacts/new")
        teams = visitor.page.locator("select[name=team] option").count()
        holds(teams > 1, "the departments of the realm are offered as teams")
    return {"people": len(staff), "teams": teams - 1}
