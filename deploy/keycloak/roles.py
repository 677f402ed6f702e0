"""Realm roles with what they include, and groups with the roles that they give."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deploy.keycloak.door import Door, named
from deploy.keycloak.plan import Change, Difference, differences, explained
from deploy.keycloak.wanted import Wanted


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """All roles first: one may include another that is only made now."""
    present = {role["name"] for role in door.get("roles", max="1000")}
    default = wanted.whole["defaultRole"]["name"]
    for role in wanted.roles:
        if role["name"] not in present:
            yield Change("+", f"role {role['name']}", "", partial(_create, door, role))
        else:
            yield from _described(role, door)
    for role in wanted.roles:
        included = _included(door, role["name"]) if role["name"] in present else set()
        yield from _composites(role, included, door, exactly=role["name"] != default)


def groups(wanted: Wanted, door: Door) -> Iterator[Change]:
    """Groups give roles; who is in them is not ours to say."""
    present = {group["path"]: group for group in door.get("groups", briefRepresentation="false", max="1000")}
    for group in wanted.items("groups"):
        what, roles = f"group {group['name']}", set(group.get("realmRoles", ()))
        found = present.get(group["path"])
        if found is None:
            yield Change("+", what, _names(roles), partial(_create_group, door, group["name"], roles))
        elif roles != (given := set(found.get("realmRoles", ()))):
            detail = str(Difference("realmRoles", sorted(given), sorted(roles)))
            yield Change("~", what, detail, partial(_give, door, found["id"], roles - given, given - roles))


def role_objects(door: Door, names: set[str]) -> list[dict[str, Any]]:
    """Roles as Keycloak wants them named: with their ids."""
    return [door.get(named("roles", name)) for name in sorted(names)]


def _create(door: Door, role: Mapping[str, Any]) -> None:
    door.post("roles", {"name": role["name"], "description": role.get("description", "")})


def _described(role: Mapping[str, Any], door: Door) -> Iterator[Change]:
    path = named("roles", role["name"])
    actual = door.get(path)
    found = differences({"description": role.get("description", "")}, actual)
    if found:
        body = {**actual, "description": role.get("description", "")}
        yield Change("~", f"role {role['name']}", explained(found), partial(door.put, path, body))


def _included(door: Door, name: str) -> set[str]:
    return {role["name"] for role in door.get(named("roles", name, "composites", "realm"))}


def _composites(
    role: Mapping[str, Any], included: set[str], door: Door, *, exactly: bool
) -> Iterator[Change]:
    """Keycloak puts roles of its own into the default role; any other includes what the file says and no more."""
    wanted = set(role.get("composites", {}).get("realm", ()))
    missing, extra = wanted - included, (included - wanted if exactly else set())
    path, what = named("roles", role["name"], "composites"), f"role {role['name']} includes"
    if missing:
        yield Change("+", what, _names(missing), lambda: door.post(path, role_objects(door, missing)))
    if extra:
        yield Change("-", what, _names(extra), lambda: door.delete(path, role_objects(door, extra)))


def _create_group(door: Door, name: str, roles: set[str]) -> None:
    door.post("groups", {"name": name})
    made = next(group for group in door.get("groups", search=name, exact="true") if group["name"] == name)
    _give(door, made["id"], roles, set())


def _give(door: Door, group_id: str, missing: set[str], extra: set[str]) -> None:
    path = named("groups", group_id, "role-mappings", "realm")
    if missing:
        door.post(path, role_objects(door, missing))
    if extra:
        door.delete(path, role_objects(door, extra))


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))
