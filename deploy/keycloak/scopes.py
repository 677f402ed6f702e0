"""Client scopes and protocol mappers: what stands in a token."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deploy.keycloak.door import Door, named
from deploy.keycloak.plan import Change, differences, explained, merged
from deploy.keycloak.wanted import Wanted

_DEFAULTS = "default-default-client-scopes"


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The file's scopes; others are left alone."""
    present = {scope["name"]: scope for scope in door.get("client-scopes")}
    for scope in wanted.items("clientScopes"):
        found, what = present.get(scope["name"]), f"client scope {scope['name']}"
        if found is None:
            yield Change("+", what, "", partial(door.post, "client-scopes", scope))
            continue
        path = named("client-scopes", found["id"])
        plain = {key: value for key, value in scope.items() if key != "protocolMappers"}
        if unlike := differences(plain, found):
            yield Change("~", what, explained(unlike), partial(door.put, path, merged(found, plain)))
        yield from mappers(what, path, scope, found, door=door)


def defaults(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The scopes that a client made later begins with."""
    present = {scope["name"]: scope["id"] for scope in door.get(_DEFAULTS)}
    names = {str(name) for name in wanted.whole["defaultDefaultClientScopes"]}
    for name in sorted(names - present.keys()):
        yield Change("+", "default client scope", name, partial(_add_default, door, name))
    for name in sorted(present.keys() - names):
        path = named(_DEFAULTS, present[name])
        yield Change("-", "default client scope", name, partial(door.delete, path))


def mappers(
    what: str, path: str, wanted: Mapping[str, Any], actual: Mapping[str, Any], *, door: Door
) -> Iterator[Change]:
    """The mappers of a scope or client at `path`. One too many is removed: it would widen every token."""
    base = f"{path}/protocol-mappers/models"
    present = {mapper["name"]: mapper for mapper in actual.get("protocolMappers", ())}
    names = set()
    for mapper in wanted.get("protocolMappers", ()):
        names.add(mapper["name"])
        label, found = f"{what}, mapper {mapper['name']}", present.get(mapper["name"])
        if found is None:
            yield Change("+", label, "", partial(door.post, base, mapper))
        elif unlike := differences(_exact(mapper, found), found):
            body = {**found, **mapper}
            yield Change("~", label, explained(unlike), partial(door.put, f"{base}/{found['id']}", body))
    for name in sorted(present.keys() - names):
        target = f"{base}/{present[name]['id']}"
        yield Change("-", f"{what}, mapper {name}", "", partial(door.delete, target))


def scope_id(door: Door, name: str) -> str:
    """The id of a scope that may have been made a moment ago."""
    return str(next(scope["id"] for scope in door.get("client-scopes") if scope["name"] == name))


def _add_default(door: Door, name: str) -> None:
    door.put(named(_DEFAULTS, scope_id(door, name)), {})


def _exact(mapper: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The mapper with every other switch that Keycloak has for it expected to be off or unset."""
    unset = dict.fromkeys(found.get("config", {}), "")
    return {**mapper, "config": {**unset, **mapper.get("config", {})}}
