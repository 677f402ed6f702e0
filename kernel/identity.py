"""Who calls: tokens of the realm become principals; this process's own tokens come from the realm."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt

from kernel.errors import Unauthenticated, Unavailable

# Asymmetric algorithms only: a symmetric one would let the public key sign (RFC 8725 §2.1).
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
LEEWAY_S = 5
_REMEMBERED = 20_000
_JWKS_TTL_S = 300
# An unknown kid may mean a rotated key; asking the provider for each would let anybody flood it.
_JWKS_RETRY_S = 10


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of an RPC, as its verified token says."""

    subject: str
    client: str
    roles: frozenset[str]
    token: str
    expires_at: float
    session: str = ""
    email: str = ""
    email_verified: bool = False
    name: str = ""
    # Names of the departments' groups that the person is in.
    teams: frozenset[str] = frozenset()

    @property
    def is_service(self) -> bool:
        """Whether this is another service of the suite."""
        return "service" in self.roles

    @property
    def is_customer_only(self) -> bool:
        """Whether the caller may only ever see what is their own."""
        return "customer" in self.roles and not (self.roles & STAFF_ROLES) and not self.is_service


STAFF_ROLES = frozenset({"agent", "marketer", "sales", "manager", "dpo", "admin", "integrator"})


def issuer_endpoint(issuer: str, name: str) -> str:
    """Keycloak's URL of an OIDC endpoint (`token`, `certs`, …) of a realm."""
    return f"{issuer.rstrip('/')}/protocol/openid-connect/{name}"


class TokenVerifier:
    """Verifies access tokens offline with the realm's cached keys.

    Checks issuer, audience, expiry, not-before, algorithm allow-list and token type; remembers a
    verified token until it expires, because a signature costs more than the rest of the call.
    """

    def __init__(self, *, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = 0.0
        self._lock = asyncio.Lock()
        self._known: OrderedDict[str, Principal] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The principal of a token. Errors: Unauthenticated; Unavailable without any keys."""
        known = self._known.get(token)
        if known is not None and known.expires_at > time.time():
            return known
        principal = await self._verify(token)
        self._known[token] = principal
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return principal

    async def _verify(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            claims = jwt.decode(
                token,
                key=key.key,
                # What the realm says about the key, never what the token says about itself.
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired.", reason="TOKEN_EXPIRED") from error
        except jwt.InvalidAudienceError as error:
            raise Unauthenticated("The token is for somebody else.", reason="WRONG_AUDIENCE") from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthenticated("The token is not valid.", reason="TOKEN_INVALID") from error
        if claims.get("typ", "Bearer") != "Bearer":
            # Refresh and ID tokens are signed by the same key and are no access tokens.
            raise Unauthenticated("This is not an access token.", reason="WRONG_TOKEN_TYPE")
        return _principal(claims, token)

    async def _key(self, kid: str) -> jwt.PyJWK:
        now = time.monotonic()
        found = self._keys.get(kid)
        if found is not None and now - self._fetched_at < _JWKS_TTL_S:
            return found
        async with self._lock:
            if self._fetched_at == 0.0 or time.monotonic() - self._fetched_at > (
                _JWKS_TTL_S if kid in self._keys else _JWKS_RETRY_S
            ):
                await self._refresh()
        found = self._keys.get(kid)
        if found is None:
            raise Unauthenticated("The token's key is not known.", reason="TOKEN_INVALID")
        return found

    async def _refresh(self) -> None:
        try:
            document = await asyncio.to_thread(_get_json, issuer_endpoint(self._issuer, "certs"))
            keys = jwt.PyJWKSet.from_dict(document).keys
        except (OSError, ValueError, jwt.PyJWTError) as error:
            if not self._keys:
                raise Unavailable(
                    "The identity provider does not answer.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
                ) from error
            # Keys that were good a moment ago stay good: valid sessions outlive a provider's outage.
            self._fetched_at = time.monotonic() - _JWKS_TTL_S + _JWKS_RETRY_S
            return
        self._keys = {k.key_id: k for k in keys if k.key_id and _signs(k)}
        self._fetched_at = time.monotonic()


class ServiceToken:
    """This process's own access token (client credentials), renewed before it expires."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str) -> None:
        self._endpoint = issuer_endpoint(issuer, "token")
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token = ""
        self._renew_at = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """A token good for at least half its life. Errors: Unavailable if the realm refuses or is down."""
        if time.monotonic() < self._renew_at:
            return self._token
        async with self._lock:
            if time.monotonic() >= self._renew_at:
                await self._renew()
        return self._token

    async def _renew(self) -> None:
        try:
            answer = await asyncio.to_thread(_post_form, self._endpoint, self._form)
        except OSError as error:
            raise Unavailable(
                "The identity provider gives this service no token.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            ) from error
        self._token = str(answer["access_token"])
        self._renew_at = time.monotonic() + float(answer.get("expires_in", 60)) / 2


def _signs(key: jwt.PyJWK) -> bool:
    return key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS


def _principal(claims: dict[str, Any], token: str) -> Principal:
    roles = claims.get("realm_access", {}).get("roles", ())
    return Principal(
        subject=str(claims["sub"]),
        client=str(claims.get("azp", "")),
        roles=frozenset(str(r) for r in roles),
        token=token,
        expires_at=float(claims["exp"]),
        session=str(claims.get("sid", "")),
        email=str(claims.get("email", "")),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
        teams=frozenset(str(group).rpartition("/")[2] for group in claims.get("groups") or ()),
    )


def _get_json(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - the issuer is configured
        return dict(json.load(answer))


def _post_form(url: str, form: dict[str, str]) -> dict[str, Any]:
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, data=body, timeout=3) as answer:  # noqa: S310
        return dict(json.load(answer))
