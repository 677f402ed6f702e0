"""The realm's public keys: fetched when they are needed, kept while they are good, never asked for in a flood."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import Any

import jwt

from kernel.asking import Errand, get_json
from kernel.errors import Unavailable

# Asymmetric algorithms only: a symmetric one would let the public key sign (RFC 8725 §2.1).
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
# A key that the realm took back is noticed after this time at the latest.
FRESH_S = 300.0
# An unknown key id may be a rotated key's; asking the provider about each would let anybody flood it.
PAUSE_S = 10.0
# Without any key nobody can be let in, and the provider may be starting together with us.
_PAUSE_EMPTY_S = 1.0
# What a provider calls its keys: no path, no address, no statement (RFC 8725 §3.10).
_KID = re.compile(r"[A-Za-z0-9._~=-]{1,128}")


class RealmKeys:
    """The keys under which the realm signs, by key id. `on_withdrawal` is called when one is taken back."""

    def __init__(self, url: str, *, on_withdrawal: Callable[[], object]) -> None:
        self._url = url
        self._on_withdrawal = on_withdrawal
        self._keys: dict[str, jwt.PyJWK] = {}
        self._stale_at = float("-inf")
        self._failing = False
        self._errand = Errand(self._fetch)

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The key with this id; None if the realm has none.

        Keys that were good stay good while the provider is down: valid sessions outlive its outage.
        Errors: Unavailable for an unknown id while the provider does not answer.
        """
        known = self._keys.get(kid)
        if known is not None and monotonic() < self._stale_at:
            return known
        if not _KID.fullmatch(kid):
            return None
        pause_s = PAUSE_S if self._keys else _PAUSE_EMPTY_S
        if known is not None and self._failing:
            # It did not answer a moment ago: calls that need no answer do not wait for the next attempt.
            self._errand.start(pause_s=pause_s)
        else:
            await self._errand.finish(pause_s=pause_s)
        found = self._keys.get(kid)
        if found is None and (self._failing or self._errand.running):
            raise Unavailable(
                "The identity provider does not answer.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            )
        return found

    async def _fetch(self) -> None:
        try:
            published = usable_keys(await get_json(self._url))
        except (OSError, ValueError):
            self._failing = True
            return
        before, self._keys = self._keys, published
        self._failing = False
        self._stale_at = monotonic() + FRESH_S
        if before.keys() - self._keys.keys():
            self._on_withdrawal()


def usable_keys(document: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """The keys of a JWK set that sign with an algorithm of ours, by id. Errors: ValueError if it is no key set."""
    try:
        keys = jwt.PyJWKSet.from_dict(document).keys
    except (TypeError, AttributeError, jwt.PyJWTError) as error:
        raise ValueError("this is no JWK set") from error
    return {key.key_id: key for key in keys if key.key_id and _signs(key)}


def _signs(key: jwt.PyJWK) -> bool:
    return key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
