"""Password hashes (scrypt, RFC 7914), and comparing that takes as long for unknown people as for known ones."""

import base64
import hashlib
import hmac
import os
from functools import cache

_N, _R, _P = 2**14, 8, 1


def hash_password(password: str) -> str:
    """A salted scrypt hash that carries its own parameters."""
    salt = os.urandom(16)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_derive(password, salt, _N, _R, _P))}"


@cache
def _nobody() -> str:
    """Compared against when there is no such user, so that the answer's time does not tell."""
    return hash_password(os.urandom(16).hex())


def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the hash; False, in the same time, where there is no hash."""
    _, n, r, p, salt, expected = (stored or _nobody()).split("$")
    derived = _derive(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, base64.b64decode(expected)) and stored is not None


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
