"""The realm's RS256 key: made on first start, kept with the state, published as a JWK set."""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from devstack.idp.database import Database

ALGORITHM = "RS256"


class Signer:
    """Signs and checks the tokens of this realm."""

    def __init__(self, database: Database) -> None:
        pem = database.secret("signing-key", make=lambda: RSAKey.generate_key(2048).as_pem(private=True))
        self.key = RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM})
        self.key.ensure_kid()
        self.kid = self.key.thumbprint()

    def jwks(self) -> dict[str, Any]:
        """The public half, for `/protocol/openid-connect/certs`."""
        return {
            "keys": [{**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": ALGORITHM}]
        }

    def key_set(self) -> KeySet:
        return KeySet([self.key])

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self.kid}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])

    def read(self, token: str, *, issuer: str, kind: str) -> dict[str, Any] | None:
        """The claims of a token of this realm and kind (`Bearer`, `ID` …) that has not run out, or None."""
        try:
            claims = jwt.decode(token, self.key, algorithms=[ALGORITHM]).claims
            rules = jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": issuer},
                typ={"essential": True, "value": kind},
                exp={"essential": True},
            )
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return dict(claims)
