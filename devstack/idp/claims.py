"""From protocol mappers to claims: the one place that knows what Keycloak's mappers put into which token."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from devstack.idp.client import Client, Mapper
from devstack.idp.realm import Realm
from devstack.idp.users import User

Target = Literal["access", "id", "userinfo"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a token is about, and the sign-in that it comes from (none for a service account)."""

    user: User
    sid: str | None = None
    auth_time: int | None = None
    acr: str = "1"


class ClaimsBuilder:
    """Builds the payload of every token of a realm."""

    def __init__(self, realm: Realm, *, issuer: str, groups_of: Callable[[str], list[str]]) -> None:
        self._realm = realm
        self._groups_of = groups_of
        self.issuer = issuer

    def access(self, subject: Subject, *, client: Client, scope: str) -> dict[str, Any]:
        """The payload of an access token."""
        claims = self._frame(subject, client=client, kind="Bearer")
        claims.update(self.mapped(subject, client=client, scope=scope, target="access"))
        return {**claims, "scope": scope}

    def identity(self, subject: Subject, *, client: Client, scope: str) -> dict[str, Any]:
        """The payload of an ID token, without the parts that depend on the request."""
        claims = self._frame(subject, client=client, kind="ID")
        claims.update(self.mapped(subject, client=client, scope=scope, target="id"))
        return {**claims, "sub": subject.user.id, "aud": client.client_id}

    def mapped(self, subject: Subject, *, client: Client, scope: str, target: Target) -> dict[str, Any]:
        """What the client and its scopes put into this kind of token."""
        claims: dict[str, Any] = {}
        audiences: list[str] = []
        scopes = self._realm.active_scopes(client, scope)
        for mapper in (*client.mappers, *(mapper for active in scopes for mapper in active.mappers)):
            if mapper.config.get(f"{target}.token.claim") != "true":
                continue
            if mapper.kind == "oidc-audience-mapper":
                audiences.append(mapper.config["included.custom.audience"])
            else:
                self._apply(mapper, claims, subject, client)
        if audiences:
            claims["aud"] = audiences if len(audiences) > 1 else audiences[0]
        return claims

    def _frame(self, subject: Subject, *, client: Client, kind: str) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "exp": now + self._realm.access_lifespan,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "iss": self.issuer,
            "typ": kind,
            "azp": client.client_id,
        }
        if subject.sid is not None:
            claims["sid"] = subject.sid
        return claims

    def _apply(self, mapper: Mapper, claims: dict[str, Any], subject: Subject, client: Client) -> None:
        value = self._value(mapper, subject, client)
        if value is None:
            return
        default = {"oidc-sub-mapper": "sub", "oidc-acr-mapper": "acr", "oidc-full-name-mapper": "name"}
        *parents, name = mapper.config.get("claim.name", default.get(mapper.kind, "")).split(".")
        for parent in parents:
            claims = claims.setdefault(parent, {})
        claims[name] = value

    def _value(self, mapper: Mapper, subject: Subject, client: Client) -> Any:
        user = subject.user
        plain = {
            "oidc-sub-mapper": user.id,
            "oidc-acr-mapper": subject.acr,
            "oidc-full-name-mapper": user.full_name or None,
        }
        match mapper.kind:
            case kind if kind in plain:
                return plain[kind]
            case "oidc-hardcoded-claim-mapper":
                return mapper.config["claim.value"]
            case "oidc-usermodel-realm-role-mapper":
                return self._realm.effective_roles(user.roles) or None
            case "oidc-usermodel-client-role-mapper":
                return (
                    list(user.client_roles.get(mapper.config["usermodel.clientRoleMapping.clientId"], ()))
                    or None
                )
            case "oidc-group-membership-mapper":
                paths = self._groups_of(user.id)
                full = mapper.config.get("full.path") == "true"
                return [path if full else path.rpartition("/")[2] for path in paths]
            case "oidc-usersessionmodel-note-mapper":
                return _notes(subject, client).get(mapper.config["user.session.note"])
            case _:
                return _attribute(user, mapper.config["user.attribute"])


def _notes(subject: Subject, client: Client) -> Mapping[str, Any]:
    """What Keycloak remembers with a session and lets mappers read."""
    if subject.user.service_client is not None:
        return {"client_id": client.client_id}
    return {"AUTH_TIME": subject.auth_time}


def _attribute(user: User, name: str) -> Any:
    known = {
        "username": user.username,
        "email": user.email,
        "emailVerified": user.email_verified,
        "firstName": user.first_name or None,
        "lastName": user.last_name or None,
    }
    if name in known:
        return known[name]
    return next(iter(user.attributes.get(name, ())), None)
