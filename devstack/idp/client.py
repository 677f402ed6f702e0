"""One OAuth client of the realm, in the form Authlib's grants ask for."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from authlib.oauth2.rfc6749 import ClientMixin

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_AUTH_METHODS = frozenset({"client_secret_basic", "client_secret_post"})


@dataclass(frozen=True, slots=True)
class Mapper:
    """One protocol mapper: which claim comes from where, and into which token."""

    kind: str
    config: Mapping[str, str]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib carries no types
    """A confidential client. There are no public ones in this realm."""

    client_id: str
    name: str
    secret: str
    base_url: str
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...]
    logout_url: str
    default_scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    shown_scopes: frozenset[str]
    grant_types: frozenset[str]
    requires_pkce: bool
    mappers: tuple[Mapper, ...]
    # Whether strangers may make themselves an account on the way to it: customers do, staff are let in.
    registers: bool

    @classmethod
    def parse(
        cls, raw: Mapping[str, Any], *, shown: Mapping[str, bool], mappers: tuple[Mapper, ...] = ()
    ) -> Self:
        """Build from a client of the realm file; `shown` tells which scopes a token's `scope` claim names."""
        attributes = raw.get("attributes", {})
        redirects = tuple(raw.get("redirectUris", ()))
        post_logout = attributes.get("post.logout.redirect.uris", "")
        grants = {"client_credentials"} if raw["serviceAccountsEnabled"] else set()
        if raw["standardFlowEnabled"]:
            grants |= {"authorization_code", "refresh_token"}
        if attributes.get("standard.token.exchange.enabled") == "true":
            grants.add(TOKEN_EXCHANGE)
        return cls(
            client_id=raw["clientId"],
            name=raw.get("name", raw["clientId"]),
            secret=raw["secret"],
            base_url=raw.get("baseUrl", ""),
            redirect_uris=redirects,
            post_logout_uris=redirects
            if post_logout == "+"
            else tuple(filter(None, post_logout.split("##"))),
            logout_url=attributes.get("backchannel.logout.url", ""),
            default_scopes=tuple(raw["defaultClientScopes"]),
            optional_scopes=tuple(raw["optionalClientScopes"]),
            shown_scopes=frozenset(name for name, visible in shown.items() if visible),
            grant_types=frozenset(grants),
            requires_pkce=attributes.get("pkce.code.challenge.method") == "S256",
            mappers=mappers,
            registers=attributes.get("kontor.registration") == "true",
        )

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a redirect address has to be named in every request."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """The token's `scope` claim: what was asked for and may be had, and the visible defaults."""
        asked = set((scope or "").split())
        names = {"openid"} & asked | set(self.default_scopes) | set(self.optional_scopes) & asked
        return " ".join(
            sorted(names & (self.shown_scopes | {"openid"}), key=lambda name: (name != "openid", name))
        )

    def scopes_beyond(self, scope: str | None) -> list[str]:
        """What was asked for and may not be had."""
        known = {"openid", *self.default_scopes, *self.optional_scopes}
        return sorted(set((scope or "").split()) - known)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return _matches(redirect_uri, self.redirect_uris)

    def check_post_logout_uri(self, uri: str) -> bool:
        return _matches(uri, self.post_logout_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in _AUTH_METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


def _matches(uri: str, patterns: tuple[str, ...]) -> bool:
    """Keycloak's rule: the exact address, or a pattern that ends with `*`, compared without query."""
    bare = uri.partition("?")[0]
    if "#" in uri or "/.." in bare:
        return False
    return any(bare.startswith(p[:-1]) if p.endswith("*") else uri == p for p in patterns)
