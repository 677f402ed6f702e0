"""Clients with their mappers and scopes, and the roles of their own accounts."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from deploy.keycloak.door import Door, named
from deploy.keycloak.plan import Change, Difference, differences, explained, merged
from deploy.keycloak.roles import role_objects
from deploy.keycloak.scopes import mappers, scope_id
from deploy.keycloak.wanted import Wanted

_SCOPES = {"defaultClientScopes": "default-client-scopes", "optionalClientScopes": "optional-client-scopes"}
_APART = {*_SCOPES, "protocolMappers"}


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The file's clients; others (further integrators) are left alone."""
    for client in wanted.items("clients"):
        what, found = f"client {client['clientId']}", _find(door, client["clientId"])
        if found is None:
            yield Change("+", what, "", partial(door.post, "clients", client))
            continue
        path = named("clients", found["id"])
        plain = {key: value for key, value in client.items() if key not in _APART}
        if unlike := differences(plain, found):
            yield Change("~", what, explained(unlike), partial(door.put, path, merged(found, plain)))
        yield from mappers(what, path, client, found, door=door)
        for key, place in _SCOPES.items():
            yield from _scopes(what, f"{path}/{place}", set(client[key]), set(found[key]), door=door)


def accounts(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The roles of each client's own account: exactly the file's."""
    for client_id, account in wanted.service_accounts.items():
        found = _find(door, client_id)
        present = _account_roles(door, found["id"]) if found and found["serviceAccountsEnabled"] else None
        asked = {"": set(account.get("realmRoles", ()))} | {
            owner: set(names) for owner, names in account.get("clientRoles", {}).items()
        }
        for owner in sorted(asked.keys() | (present or {}).keys()):
            names, label = asked.get(owner, set()), owner or "realm roles"
            apply = partial(_set_roles, door, client_id, owner, names)
            if present is None:
                # Keycloak gives every new account the default role; what ours have is written down.
                yield Change("+", f"account of {client_id}", f"{label} {sorted(names)}", apply)
            elif names != (given := present.get(owner, set())):
                detail = str(Difference(label, sorted(given), sorted(names)))
                yield Change("~", f"account of {client_id}", detail, apply)


def _find(door: Door, client_id: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = door.get("clients", clientId=client_id)
    return found[0] if found else None


def _scopes(what: str, path: str, wanted: set[str], actual: set[str], *, door: Door) -> Iterator[Change]:
    kind = path.rpartition("/")[2].replace("-", " ").removesuffix("s")
    for name in sorted(wanted - actual):
        yield Change("+", f"{what}, {kind}", name, partial(_put_scope, door, path, name))
    for name in sorted(actual - wanted):
        yield Change("-", f"{what}, {kind}", name, partial(_drop_scope, door, path, name))


def _put_scope(door: Door, path: str, name: str) -> None:
    door.put(_under(path, scope_id(door, name)), {})


def _drop_scope(door: Door, path: str, name: str) -> None:
    door.delete(_under(path, scope_id(door, name)))


def _under(path: str, name: str) -> str:
    return f"{path}/{named(name)}"


def _account_roles(door: Door, client_uuid: str) -> dict[str, set[str]]:
    """Role names by client that they belong to, "" for the realm's."""
    account = door.get(named("clients", client_uuid, "service-account-user"))
    mappings = door.get(named("users", account["id"], "role-mappings"))
    found = {"": {role["name"] for role in mappings.get("realmMappings", ())}}
    for owner, entry in mappings.get("clientMappings", {}).items():
        found[owner] = {role["name"] for role in entry["mappings"]}
    return found


def _set_roles(door: Door, client_id: str, owner: str, names: set[str]) -> None:
    client = _find(door, client_id)
    assert client is not None, "made by an earlier change"
    account = door.get(named("clients", client["id"], "service-account-user"))
    given = _account_roles(door, client["id"]).get(owner, set())
    base = named("users", account["id"], "role-mappings")
    path = f"{base}/realm"
    pick: Callable[[set[str]], list[dict[str, Any]]] = partial(role_objects, door)
    if owner:
        of = _find(door, owner)
        assert of is not None, f"Keycloak has no client {owner}"
        path, pick = f"{base}/clients/{of['id']}", partial(_client_roles, door, of["id"])
    if missing := names - given:
        door.post(path, pick(missing))
    if extra := given - names:
        door.delete(path, pick(extra))


def _client_roles(door: Door, client_uuid: str, names: set[str]) -> list[dict[str, Any]]:
    return [door.get(named("clients", client_uuid, "roles", name)) for name in sorted(names)]
