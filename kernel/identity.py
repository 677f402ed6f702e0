"""Who calls: access tokens of the realm become principals."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt

from kernel.allowance import Allowance, allowance_of
from kernel.errors import Unauthenticated
from kernel.jwks import ALGORITHMS, RealmKeys

LEEWAY_S = 5
# Tokens live for minutes: this many different callers within them; whoever comes beyond is verified anew.
_REMEMBERED = 10_000
# RFC 9068 §2.1 beside the plain type that Keycloak writes; a logout token or any other kind names itself.
_HEADER_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
# A header that brings or names its own key, or wants to be understood in a new way, is not read (RFC 8725 §3.10).
_FOREIGN_KEYS = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of an RPC, as its verified token says."""

    # Whose doing it is, and the client that the token was given to: a page, or a service that calls for the subject.
    subject: str
    client: str
    roles: frozenset[str]
    token: str
    expires_at: float
    session: str = ""
    audiences: frozenset[str] = frozenset()
    email: str = ""
    email_verified: bool = False
    name: str = ""
    allowance: Allowance | None = None
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


# Clients of the realm that are services of this suite; the realm signs who a token was issued to.
SUITE = frozenset({"kontor-contacts", "kontor-campaigns", "kontor-tickets", "kontor-privacy"})
# Clients of the realm that are pages of this suite: what they say about the browser in front of them is believed.
PAGES = frozenset({"kontor-portal", "kontor-gateway"})
STAFF_ROLES = frozenset({"agent", "marketer", "sales", "manager", "dpo", "admin", "integrator"})


def issuer_endpoint(issuer: str, name: str) -> str:
    """Keycloak's URL of an OIDC endpoint (`token`, `certs`, …) of a realm."""
    return f"{issuer.rstrip('/')}/protocol/openid-connect/{name}"


class TokenVerifier:
    """Verifies access tokens offline with the realm's cached keys.

    Checks signature, algorithm, key, issuer, audience, type, expiry and not-before; remembers a
    verified token until it expires, because a signature costs more than the rest of the call.
    """

    def __init__(self, *, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience
        # Oldest first. By digest: what a look-up compares tells nothing about anybody's token.
        self._known: OrderedDict[bytes, Principal] = OrderedDict()
        self._keys = RealmKeys(issuer_endpoint(issuer, "certs"), on_withdrawal=self.forget)

    async def verify(self, token: str) -> Principal:
        """The principal of a token. Errors: Unauthenticated; Unavailable if its key cannot be asked for."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and known.expires_at > time.time():
            return known
        principal = await self._verify(token)
        self._remember(digest, principal)
        return principal

    def forget(self) -> None:
        """Verify every token anew from now on."""
        self._known.clear()

    def _remember(self, digest: bytes, principal: Principal) -> None:
        now = time.time()
        self._known[digest] = principal
        # All live about as long, so what has expired is at the front.
        while self._known and (
            len(self._known) > _REMEMBERED or next(iter(self._known.values())).expires_at <= now
        ):
            self._known.popitem(last=False)

    async def _verify(self, token: str) -> Principal:
        key = await self._keys.find(_key_id(token))
        if key is None:
            raise Unauthenticated("The token's key is not known.", reason="TOKEN_INVALID")
        try:
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
        if claims.get("typ") != "Bearer":
            # Refresh, ID and logout tokens are signed by the same key and are no access tokens.
            raise Unauthenticated("This is not an access token.", reason="WRONG_TOKEN_TYPE")
        return _principal(claims, token)


def _key_id(token: str) -> str:
    """The key id of a token whose header may be believed that far. Errors: Unauthenticated."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise Unauthenticated("The token is not valid.", reason="TOKEN_INVALID") from error
    if header.get("alg") not in ALGORITHMS or header.keys() & _FOREIGN_KEYS:
        raise Unauthenticated("The token is not valid.", reason="TOKEN_INVALID")
    if str(header.get("typ", "")).lower() not in _HEADER_TYPES:
        raise Unauthenticated("This is not an access token.", reason="WRONG_TOKEN_TYPE")
    return str(header.get("kid", ""))


def _audiences(claim: Any) -> frozenset[str]:
    return frozenset([claim] if isinstance(claim, str) else map(str, claim))


def _principal(claims: dict[str, Any], token: str) -> Principal:
    roles = claims.get("realm_access", {}).get("roles", ())
    client = str(claims.get("azp", ""))
    try:
        # A token that one of our services got in exchange: its bearer was counted and admitted at the first door.
        allowance = None if client in SUITE else allowance_of(claims, roles)
    except ValueError as error:
        raise Unauthenticated(
            "The realm's limits of this client are unreadable.", reason="CLAIMS_INVALID"
        ) from error
    return Principal(
        subject=str(claims["sub"]),
        client=client,
        roles=frozenset(str(r) for r in roles),
        token=token,
        expires_at=float(claims["exp"]),
        session=str(claims.get("sid", "")),
        audiences=_audiences(claims["aud"]),
        email=str(claims.get("email", "")),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
        allowance=allowance,
        teams=frozenset(str(group).rpartition("/")[2] for group in claims.get("groups") or ()),
    )
