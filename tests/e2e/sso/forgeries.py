"""Twelve kinds of access tokens that nobody may accept, made from what an attacker has: one genuine login."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

Json = dict[str, Any]
FLOOD = 60
# Nobody listens there: a verifier that fetched a key from it would show that by failing otherwise.
_ELSEWHERE = "http://127.0.0.1:9/keys"


class Pen(Protocol):
    """The realm's own signature on claims and headers of the caller's choice."""

    def __call__(self, claims: Json, *, header: Json | None = None) -> str: ...


@dataclass(frozen=True)
class Loot:
    """A genuine login's three tokens and the keys that the realm publishes.

    With `pen`, a token whose claims alone are wrong carries the realm's true signature, so that only
    the check of that claim can refuse it. A realm that keeps its key to itself leaves the genuine
    signature of the genuine token on the changed claims.
    """

    access: str
    refresh: str
    identity: str
    jwks: Json
    pen: Pen | None = None

    @property
    def header(self) -> Json:
        return dict(jwt.get_unverified_header(self.access))

    @property
    def claims(self) -> Json:
        return dict(jwt.decode(self.access, options={"verify_signature": False}))

    @property
    def public_key(self) -> RSAPublicKey:
        """What everybody knows: the key that verifies the genuine token."""
        jwk = next(key for key in self.jwks["keys"] if key["kid"] == self.header["kid"])
        key = RSAAlgorithm.from_jwk(jwk)
        assert isinstance(key, RSAPublicKey)
        return key

    def changed(self, *, header: Json | None = None, **claims: Any) -> str:
        """The genuine token with other claims or headers, as truly signed as this loot allows."""
        wanted = self.claims | claims
        if self.pen is not None:
            return self.pen(wanted, header=header)
        signature = self.access.rpartition(".")[2]
        return f"{_part(self.header | (header or {}))}.{_part(wanted)}.{signature}"


def forgeries(loot: Loot) -> dict[str, list[str]]:
    """Kind → tokens of that kind, each of which has to be refused."""
    return {kind: list(make(loot)) for kind, make in _KINDS.items()}


def _none(loot: Loot) -> Iterator[str]:
    for name in ("none", "None", "NONE", "nOnE", ""):
        for signature in ("", loot.access.rpartition(".")[2]):
            yield f"{_part(loot.header | {'alg': name})}.{_part(loot.claims)}.{signature}"


def _alg_confusion(loot: Loot) -> Iterator[str]:
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    spki, pkcs1 = (
        serialization.PublicFormat.SubjectPublicKeyInfo,
        serialization.PublicFormat.PKCS1,
    )
    for encoding, form in ((pem, spki), (pem, pkcs1), (der, spki)):
        public = loot.public_key.public_bytes(encoding, form)
        for secret in (public, public.strip()):
            for name, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
                content = f"{_part(loot.header | {'alg': name})}.{_part(loot.claims)}"
                yield f"{content}.{_encoded(hmac.digest(secret, content.encode(), digest))}"


def _other_issuer(loot: Loot) -> Iterator[str]:
    issuer = loot.claims["iss"]
    for other in ("https://evil.example/realms/kontor", f"{issuer}/", issuer.upper(), "", [issuer]):
        yield loot.changed(iss=other)


def _other_audience(loot: Loot) -> Iterator[str]:
    # The ID token is truly signed, and for the page alone.
    yield loot.identity
    for other in ("account", [], ["kontor-contacts-2"], ["kontor"], None):
        yield loot.changed(aud=other)


def _expired(loot: Loot) -> Iterator[str]:
    now = int(time.time())
    for ago in (10, 60, 86_400, now):
        yield loot.changed(iat=now - ago - 300, exp=now - ago)


def _not_yet_valid(loot: Loot) -> Iterator[str]:
    now = int(time.time())
    yield loot.changed(nbf=now + 60)
    yield loot.changed(iat=now + 600, exp=now + 900)


def _wrong_type(loot: Loot) -> Iterator[str]:
    for claim in ("ID", "Refresh", "Offline", "Logout", "", None):
        yield loot.changed(typ=claim)
    for header in ("logout+jwt", "dpop+jwt", "application/secevent+jwt"):
        yield loot.changed(header={"typ": header})


def _stripped_signature(loot: Loot) -> Iterator[str]:
    content, _, signature = loot.access.rpartition(".")
    yield f"{content}."
    yield content
    yield f"{content}.{signature[:-12]}"
    yield f"{content}.{_encoded(bytes(256))}"


def _kid_injection(loot: Loot) -> Iterator[str]:
    own = _stranger()
    for kid in (
        "../../../../dev/null",
        "/proc/self/environ",
        "' UNION SELECT 'secret' -- ",
        _ELSEWHERE,
        "a" * 4_000,
        "kid\x00kid",
    ):
        yield jwt.encode(loot.claims, own, algorithm="RS256", headers={"kid": kid})
        # The empty file behind the path, taken for a secret.
        content = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{_part(loot.claims)}"
        yield f"{content}.{_encoded(hmac.digest(b'', content.encode(), hashlib.sha256))}"
    public = {**RSAAlgorithm.to_jwk(own.public_key(), as_dict=True), "alg": "RS256", "use": "sig"}
    for kid in (loot.header["kid"], "own"):
        for brought in ({"jwk": {**public, "kid": kid}}, {"jku": _ELSEWHERE}, {"x5u": _ELSEWHERE}):
            yield jwt.encode(loot.claims, own, algorithm="RS256", headers={"kid": kid, **brought})
            # Even the realm's own signature makes such a header no better: it is not read at all.
            yield loot.changed(header=brought)


def _unknown_kid_flood(loot: Loot) -> Iterator[str]:
    for number in range(FLOOD):
        yield jwt.encode(loot.claims, _stranger(), algorithm="RS256", headers={"kid": f"made-up-{number}"})


def _cross_realm(loot: Loot) -> Iterator[str]:
    """Another realm of the same provider that calls its key as ours is called."""
    other = loot.claims["iss"].rpartition("/")[0] + "/master"
    headers = {"kid": loot.header["kid"]}
    for issuer in (other, loot.claims["iss"]):
        yield jwt.encode(loot.claims | {"iss": issuer}, _stranger(), algorithm="RS256", headers=headers)
    yield loot.changed(iss=other)


def _refresh_as_access(loot: Loot) -> Iterator[str]:
    yield loot.refresh
    yield loot.changed(typ="Refresh")


_KINDS: dict[str, Callable[[Loot], Iterator[str]]] = {
    "none": _none,
    "alg_confusion": _alg_confusion,
    "other_issuer": _other_issuer,
    "other_audience": _other_audience,
    "expired": _expired,
    "not_yet_valid": _not_yet_valid,
    "wrong_type": _wrong_type,
    "stripped_signature": _stripped_signature,
    "kid_injection": _kid_injection,
    "unknown_kid_flood": _unknown_kid_flood,
    "cross_realm": _cross_realm,
    "refresh_as_access": _refresh_as_access,
}
KINDS = tuple(_KINDS)


@cache
def _stranger() -> RSAPrivateKey:
    """An attacker's own key."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def _part(content: Json) -> str:
    return _encoded(json.dumps({k: v for k, v in content.items() if v is not None}).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
