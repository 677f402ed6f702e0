"""The realm as values: what `deploy/keycloak/realm-kontor.json` says, read once and checked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.keycloak.placeholders import resolve
from devstack.idp.client import Client, Mapper
from devstack.idp.errors import SetupError
from devstack.idp.policy import PasswordPolicy

SUPPORTED_MAPPERS = frozenset(
    {
        "oidc-acr-mapper",
        "oidc-audience-mapper",
        "oidc-group-membership-mapper",
        "oidc-full-name-mapper",
        "oidc-hardcoded-claim-mapper",
        "oidc-sub-mapper",
        "oidc-usermodel-attribute-mapper",
        "oidc-usermodel-client-role-mapper",
        "oidc-usermodel-property-mapper",
        "oidc-usermodel-realm-role-mapper",
        "oidc-usersessionmodel-note-mapper",
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A client scope: a named bundle of mappers."""

    name: str
    in_token: bool
    mappers: tuple[Mapper, ...]


@dataclass(frozen=True, slots=True)
class Lockout:
    """Brute-force protection: after every `after` failures the name waits `step` seconds longer, up to `most`."""

    after: int
    step: int
    most: int
    forget: int


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the realm's own mails go out."""

    host: str
    port: int
    sender: str
    sender_name: str


@dataclass(frozen=True, slots=True)
class Realm:
    """Everything the provider needs to know about the realm. Lifetimes are in seconds."""

    name: str
    title: str
    roles: Mapping[str, tuple[str, ...]]
    role_descriptions: Mapping[str, str]
    default_role: str
    group_roles: Mapping[str, tuple[str, ...]]
    second_factor_role: str | None
    scopes: Mapping[str, Scope]
    clients: Mapping[str, Client]
    users: tuple[Mapping[str, Any], ...]
    policy: PasswordPolicy
    lockout: Lockout
    mail: MailServer
    access_lifespan: int
    idle_lifespan: int
    session_lifespan: int
    code_lifespan: int
    action_lifespan: int
    locales: tuple[str, ...]
    default_locale: str
    registration: bool

    def effective_roles(self, assigned: Iterable[str]) -> list[str]:
        """The roles with all composites unfolded, as they stand in a token; unknown names are dropped."""
        open_names, seen = list(assigned), set[str]()
        while open_names:
            name = open_names.pop()
            if name in self.roles and name not in seen:
                seen.add(name)
                open_names.extend(self.roles[name])
        return sorted(seen)

    def assigned_roles(self, raw: Mapping[str, Any]) -> list[str]:
        """The roles that a person of a file has, by name or through a group. Raises SetupError for an unknown group."""
        unknown = set(raw.get("groups", ())) - self.group_roles.keys()
        if unknown:
            raise SetupError(
                f"{raw['username']} is in groups that the realm does not have: {sorted(unknown)}"
            )
        through_groups = [role for path in raw.get("groups", ()) for role in self.group_roles[path]]
        return [*raw.get("realmRoles", ()), *through_groups]

    def active_scopes(self, client: Client, granted: str) -> list[Scope]:
        """The scopes whose mappers apply: the client's defaults, and what it asked for of the optional ones."""
        asked = set(granted.split())
        names = [*client.default_scopes, *(name for name in client.optional_scopes if name in asked)]
        return [self.scopes[name] for name in names]


def load_realm(path: Path, *, env: Mapping[str, str]) -> Realm:
    """Read and check a realm file. Raises SetupError for a missing file, variable, or unsupported mapper."""
    data = resolve(read_json(path), env=env, source=str(path))
    try:
        return _realm(data)
    except KeyError as missing:
        raise SetupError(f"{path} lacks the key {missing}") from missing


def read_json(path: Path) -> Any:
    """Parse a JSON file, or raise SetupError that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SetupError(f"{path} is not JSON: {error}") from error


def _realm(data: Mapping[str, Any]) -> Realm:
    scopes = {raw["name"]: _scope(raw) for raw in data["clientScopes"]}
    shown = {name: scope.in_token for name, scope in scopes.items()}
    roles = data["roles"]["realm"]
    mail = data["smtpServer"]
    return Realm(
        name=data["realm"],
        title=data["displayName"],
        roles={role["name"]: tuple(role.get("composites", {}).get("realm", ())) for role in roles},
        role_descriptions={role["name"]: role.get("description", "") for role in roles},
        default_role=data["defaultRole"]["name"],
        group_roles={group["path"]: tuple(group.get("realmRoles", ())) for group in data.get("groups", ())},
        second_factor_role=_second_factor_role(data),
        scopes=scopes,
        clients={
            raw["clientId"]: Client.parse(raw, shown=shown, mappers=_mappers(raw, raw["clientId"]))
            for raw in data["clients"]
        },
        users=tuple(data.get("users", ())),
        policy=PasswordPolicy.parse(data["passwordPolicy"]),
        lockout=Lockout(
            after=data["failureFactor"],
            step=data["waitIncrementSeconds"],
            most=data["maxFailureWaitSeconds"],
            forget=data["maxDeltaTimeSeconds"],
        ),
        mail=MailServer(mail["host"], int(mail["port"]), mail["from"], mail["fromDisplayName"]),
        access_lifespan=data["accessTokenLifespan"],
        idle_lifespan=data["ssoSessionIdleTimeout"],
        session_lifespan=data["ssoSessionMaxLifespan"],
        code_lifespan=data["accessCodeLifespan"],
        action_lifespan=data["actionTokenGeneratedByUserLifespan"],
        locales=tuple(data["supportedLocales"]),
        default_locale=data["defaultLocale"],
        registration=data["registrationAllowed"],
    )


def _second_factor_role(data: Mapping[str, Any]) -> str | None:
    """The role whose sign-in demands a second factor: a condition somewhere below the realm's browser flow."""
    flows = {flow["alias"]: flow["authenticationExecutions"] for flow in data.get("authenticationFlows", ())}
    configs = {item["alias"]: item["config"] for item in data.get("authenticatorConfig", ())}
    open_flows = [data["browserFlow"]] if "browserFlow" in data else []
    while open_flows:
        for step in flows[open_flows.pop()]:
            if step.get("authenticator") == "conditional-user-role":
                config = configs[step["authenticatorConfig"]]
                if config.get("negate") != "true":
                    return str(config["condUserRole"])
            elif "flowAlias" in step:
                open_flows.append(step["flowAlias"])
    return None


def _scope(raw: Mapping[str, Any]) -> Scope:
    return Scope(
        raw["name"], raw["attributes"]["include.in.token.scope"] == "true", _mappers(raw, raw["name"])
    )


def _mappers(raw: Mapping[str, Any], owner: str) -> tuple[Mapper, ...]:
    mappers = tuple(Mapper(item["protocolMapper"], item["config"]) for item in raw.get("protocolMappers", ()))
    for mapper in mappers:
        if mapper.kind not in SUPPORTED_MAPPERS:
            # Keycloak would put a claim there that this provider leaves out: tests here would prove nothing there.
            raise SetupError(f"{owner} uses {mapper.kind}, which the embedded provider cannot do")
    return mappers
