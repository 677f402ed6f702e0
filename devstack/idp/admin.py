"""The part of Keycloak's admin interface that provisioning and tests drive: users and their realm roles."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Response, abort, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from devstack.idp.provider import Provider
from devstack.idp.users import DuplicateUser, User

_P = ParamSpec("_P")
_T = TypeVar("_T")
_MANAGEMENT = "realm-management"
_FILTERS = ("username", "email", "firstName", "lastName", "search")


def blueprint(provider: Provider) -> Blueprint:
    """The routes below `/admin/realms/<realm>`; each needs a role of `realm-management`, as in Keycloak."""
    routes = Blueprint("admin", __name__)
    routes.register_error_handler(HTTPException, _as_json)
    _look_routes(routes, provider)
    _change_routes(routes, provider)
    _account_routes(routes, provider)
    _role_routes(routes, provider)
    _mapping_routes(routes, provider)
    _group_routes(routes, provider)
    return routes


def _look_routes(routes: Blueprint, provider: Provider) -> None:
    @routes.get("/users")
    @_needs(provider, "view-users")
    def search() -> Response:
        return jsonify([user.representation() for user in _page(_search(provider))])

    @routes.get("/users/count")
    @_needs(provider, "view-users")
    def count() -> Response:
        return jsonify(len(_search(provider)))

    @routes.get("/users/<user_id>")
    @_needs(provider, "view-users")
    def get(user_id: str) -> Response:
        return jsonify(_found(provider, user_id).representation())


def _change_routes(routes: Blueprint, provider: Provider) -> None:
    users = provider.users

    @routes.post("/users")
    @_needs(provider, "manage-users")
    def create() -> Response:
        raw = _body(dict)
        if not (raw.get("username") or raw.get("email")):
            abort(400, "User name is missing")
        try:
            user = users.create({**raw, "id": None}, roles=[provider.realm.default_role])
            provider.factors.take_over(user, raw)
        except DuplicateUser:
            abort(409, "User exists with same username or email")
        return make_response("", 201, {"Location": f"{request.base_url}/{user.id}"})

    @routes.put("/users/<user_id>")
    @_needs(provider, "manage-users")
    def update(user_id: str) -> Response:
        try:
            users.change(_found(provider, user_id), _body(dict))
        except DuplicateUser:
            abort(409, "User exists with same username or email")
        return _done()

    @routes.delete("/users/<user_id>")
    @_needs(provider, "manage-users")
    def delete(user_id: str) -> Response:
        user = _found(provider, user_id)
        provider.backchannel.end_all_of(user.id)
        users.delete(user.id)
        return _done()


def _account_routes(routes: Blueprint, provider: Provider) -> None:
    @routes.put("/users/<user_id>/reset-password")
    @_needs(provider, "manage-users")
    def reset_password(user_id: str) -> Response:
        user, password = _found(provider, user_id), str(_body(dict).get("value", ""))
        if not provider.realm.policy.accepts(password, username=user.username, email=user.email or ""):
            abort(400, "invalidPasswordMessage")
        provider.users.set_password(user.id, password)
        return _done()

    @routes.post("/users/<user_id>/logout")
    @_needs(provider, "manage-users")
    def logout(user_id: str) -> Response:
        provider.backchannel.end_all_of(_found(provider, user_id).id)
        return _done()


def _group_routes(routes: Blueprint, provider: Provider) -> None:
    @routes.get("/groups")
    @_needs(provider, "view-users")
    def every_group() -> Response:
        return jsonify([_group(path) for path in provider.realm.group_roles])

    @routes.get("/groups/<name>/members")
    @_needs(provider, "view-users")
    def group_members(name: str) -> Response:
        if f"/{name}" not in provider.realm.group_roles:
            abort(404, "Could not find group by id")
        people = provider.users.in_group(f"/{name}")
        return jsonify([user.representation() for user in _page(people)])


def _role_routes(routes: Blueprint, provider: Provider) -> None:
    @routes.get("/roles")
    @_needs(provider, "view-realm")
    def roles() -> Response:
        return jsonify([_role(provider, name) for name in provider.realm.roles])

    @routes.get("/roles/<name>")
    @_needs(provider, "view-realm")
    def role(name: str) -> Response:
        return jsonify(_role(provider, _known(provider, name)))

    @routes.get("/roles/<name>/users")
    @_needs(provider, "view-users")
    def members(name: str) -> Response:
        holders = provider.users.with_role(_known(provider, name))
        return jsonify([user.representation() for user in _page(holders)])

    @routes.get("/roles/<name>/groups")
    @_needs(provider, "view-users")
    def groups(name: str) -> Response:
        given = provider.realm.group_roles.items()
        return jsonify([_group(path) for path, roles in given if _known(provider, name) in roles])


def _mapping_routes(routes: Blueprint, provider: Provider) -> None:
    mappings = "/users/<user_id>/role-mappings/realm"

    @routes.get(mappings)
    @_needs(provider, "view-users")
    def assigned(user_id: str) -> Response:
        return jsonify([_role(provider, name) for name in _found(provider, user_id).roles])

    @routes.post(mappings)
    @_needs(provider, "manage-users")
    def assign(user_id: str) -> Response:
        user = _found(provider, user_id)
        provider.users.set_roles(user.id, {*user.roles, *_named_roles(provider)})
        return _done()

    @routes.delete(mappings)
    @_needs(provider, "manage-users")
    def withdraw(user_id: str) -> Response:
        user = _found(provider, user_id)
        provider.users.set_roles(user.id, set(user.roles) - _named_roles(provider))
        return _done()


def _needs(provider: Provider, role: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Let a request in whose access token belongs to an account with this role."""

    def decorate(view: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            claims = provider.signer.read(token, issuer=provider.issuer, kind="Bearer")
            if scheme.lower() != "bearer" or claims is None:
                abort(401, "HTTP 401 Unauthorized")
            account = provider.users.get(claims["sub"])
            if account is None or role not in _management_roles(claims, account):
                abort(403, "HTTP 403 Forbidden")
            return view(*args, **kwargs)

        return guarded

    return decorate


def _management_roles(claims: Mapping[str, Any], account: User) -> Iterable[str]:
    """As Keycloak reads a token: by the roles in it, and by its account's only if it holds none of any kind."""
    if "realm_access" in claims or "resource_access" in claims:
        granted: Iterable[str] = claims.get("resource_access", {}).get(_MANAGEMENT, {}).get("roles", ())
        return granted
    return account.client_roles.get(_MANAGEMENT, ())


def _search(provider: Provider) -> list[User]:
    return provider.users.search(
        filters={name: request.args[name] for name in _FILTERS if request.args.get(name)},
        exact=request.args.get("exact", "").lower() == "true",
    )


def _page(found: list[User]) -> list[User]:
    first = max(0, request.args.get("first", 0, type=int))
    return found[first : first + max(0, request.args.get("max", 100, type=int))]


def _known(provider: Provider, role: str) -> str:
    if role not in provider.realm.roles:
        abort(404, "Could not find role")
    return role


def _found(provider: Provider, user_id: str) -> User:
    user = provider.users.get(user_id)
    if user is None or user.service_client is not None:
        abort(404, "User not found")
    return user


def _named_roles(provider: Provider) -> set[str]:
    names = {item.get("name") for item in _body(list) if isinstance(item, dict)}
    if not names <= provider.realm.roles.keys():
        abort(404, "Role not found")
    return {str(name) for name in names}


def _group(path: str) -> dict[str, Any]:
    # Keycloak makes up an id; here the name is one, for groups of a realm file have no parents.
    name = path.removeprefix("/")
    return {"id": name, "name": name, "path": path}


def _role(provider: Provider, name: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{provider.issuer}/roles/{name}")),
        "name": name,
        "description": provider.realm.role_descriptions[name],
        "composite": bool(provider.realm.roles[name]),
        "clientRole": False,
        "containerId": provider.realm.name,
    }


def _body(kind: type[Any]) -> Any:
    body = request.get_json(silent=True)
    if not isinstance(body, kind):
        abort(400, f"a JSON {'object' if kind is dict else 'array'} is expected")
    return body


def _done() -> Response:
    return make_response("", 204)


def _as_json(error: HTTPException) -> Response:
    answer = jsonify({"error": error.name, "errorMessage": error.description})
    answer.status_code = error.code or 500
    return answer
