"""The realm's RS256 keys: the first made on first start, kept with the state, published as a JWK set."""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from devstack.idp.database import Database

ALGORITHM = "RS256"
_NAME = "signing-key"


class Signer:
    """Signs and checks the tokens of this realm.

    The keys are looked up at every use, so that one who rotates them from another process is obeyed at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parsed: dict[str, RSAKey] = {}
        database.secret(_NAME, make=_new_pem)

    @property
    def key(self) -> RSAKey:
        """The key that signs: the newest."""
        return self._keys()[-1]

    def rotate(self, *, withdraw: bool = False) -> None:
        """Sign with a new key from now on. The old ones stay published, unless they are withdrawn."""
        with self._database.transaction():
            names = self._database.secret_names(_NAME)
            number = max(int(name.removeprefix(_NAME).lstrip("-") or 1) for name in names) + 1
            self._database.secret(f"{_NAME}-{number}", make=_new_pem)
            if withdraw:
                self._database.forget_secrets(names)

    def jwks(self) -> dict[str, Any]:
        """The public halves, for `/protocol/openid-connect/certs`."""
        return {
            "keys": [
                {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
                for key in self._keys()
            ]
        }

    def key_set(self) -> KeySet:
        return KeySet([*self._keys()])

    def sign(self, claims: dict[str, Any], *, header: dict[str, Any] | None = None) -> str:
        """A token with these claims; `header` replaces or adds to what stands above them."""
        key = self.key
        head = {"alg": ALGORITHM, "typ": "JWT", "kid": key.thumbprint(), **(header or {})}
        return jwt.encode(head, claims, key, algorithms=[ALGORITHM])

    def read(self, token: str, *, issuer: str, kind: str) -> dict[str, Any] | None:
        """The claims of a token of this realm and kind (`Bearer`, `ID` …) that has not run out, or None."""
        try:
            claims = jwt.decode(token, self.key_set(), algorithms=[ALGORITHM]).claims
            rules = jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": issuer},
                typ={"essential": True, "value": kind},
                exp={"essential": True},
            )
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return dict(claims)

    def _keys(self) -> list[RSAKey]:
        """All keys, oldest first."""
        # One transaction: a key that is withdrawn meanwhile must not be made again under its name.
        with self._database.transaction():
            names = self._database.secret_names(_NAME)
            for name in names:
                if name not in self._parsed:
                    pem = self._database.secret(name, make=_new_pem)
                    key = RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM})
                    key.ensure_kid()
                    self._parsed[name] = key
        return [self._parsed[name] for name in names]


def _new_pem() -> bytes:
    return RSAKey.generate_key(2048).as_pem(private=True)
