"""Time-based one-time passwords (RFC 6238) as Keycloak checks them: SHA-1, six digits, thirty seconds."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time

DIGITS = 6
PERIOD_S = 30
# One step early or late: clocks of telephones are not exact (RFC 6238, 5.2).
_WINDOW = 1


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps read them (RFC 4226, 4, requirement R6)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, *, step: int | None = None) -> str:
    """The code of a step, by default of the present one. Raises ValueError if `secret` is not base 32."""
    counter = present_step() if step is None else step
    try:
        key = base64.b32decode(secret)
    except binascii.Error as error:
        raise ValueError("the secret is not base 32") from error
    digest = hmac.digest(key, counter.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, typed: str, *, after: int) -> int | None:
    """The step whose code was typed, later than `after`: a code serves once (RFC 6238, 5.2)."""
    given = "".join(typed.split())
    now = present_step()
    for step in range(now - _WINDOW, now + _WINDOW + 1):
        if step > after and hmac.compare_digest(code(secret, step=step).encode(), given.encode()):
            return step
    return None


def present_step() -> int:
    return int(time.time()) // PERIOD_S
