"""This process's own access token (client credentials), renewed before it expires."""

from __future__ import annotations

from time import monotonic

from kernel.asking import Errand, post_form
from kernel.errors import Unavailable
from kernel.identity import issuer_endpoint

# After a refusal or an outage; a service that starts before the provider must not wait long.
_PAUSE_S = 1.0
# A call that starts with the token must reach its callee before the token ends.
_MARGIN_S = 15.0


class ServiceToken:
    """A token from the realm's token endpoint, renewed at half its life and used to its end."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str) -> None:
        self._endpoint = issuer_endpoint(issuer, "token")
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token = ""
        self._renew_at = self._ends_at = float("-inf")
        self._errand = Errand(self._renew)

    async def get(self) -> str:
        """A token that is still good. Errors: Unavailable if there is none and the realm gives none."""
        if monotonic() < self._renew_at:
            return self._token
        if monotonic() < self._ends_at:
            # The old one still opens every door: nobody waits for the new one, and an outage is bridged.
            self._errand.start(pause_s=_PAUSE_S)
            return self._token
        await self._errand.finish(pause_s=_PAUSE_S)
        if monotonic() >= self._ends_at:
            raise Unavailable(
                "The identity provider gives this service no token.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            )
        return self._token

    async def _renew(self) -> None:
        asked_at = monotonic()
        try:
            answer = await post_form(self._endpoint, self._form)
            token, lifetime = str(answer["access_token"]), float(answer.get("expires_in", 60))
        except (OSError, ValueError, KeyError):
            # What is there stays usable to its end; `get` says so when nothing is.
            return
        self._token = token
        self._renew_at = asked_at + lifetime / 2
        self._ends_at = asked_at + max(lifetime - _MARGIN_S, lifetime / 2)
