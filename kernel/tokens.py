"""Tokens with which this process calls others: its own, and those that it gets in exchange for a user's."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, time
from typing import Any
from urllib.error import HTTPError

from kernel.asking import Errand, post_form, refusal
from kernel.errors import Unauthenticated, Unavailable
from kernel.identity import Principal, issuer_endpoint

# After a refusal or an outage; a process that starts before the provider must not wait long.
PAUSE_S = 1.0
# A call that starts with the token must reach its callee before the token ends.
_MARGIN_S = 15.0
# Users' tokens live for minutes; whoever comes beyond is exchanged anew.
_REMEMBERED = 10_000
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name of RFC 8693 §3


@dataclass(frozen=True, slots=True)
class Issued:
    """A token from the realm's token endpoint: renewed at half its life and used to its end (monotonic seconds)."""

    token: str = ""
    renew_at: float = float("-inf")
    ends_at: float = float("-inf")

    @classmethod
    def read(cls, answer: Mapping[str, Any], *, asked_at: float) -> Issued:
        """The token in an answer. Errors: ValueError if there is none."""
        try:
            token, lifetime = str(answer["access_token"]), float(answer.get("expires_in", 60))
        except (KeyError, TypeError) as error:
            raise ValueError("the answer holds no token") from error
        return cls(token, asked_at + lifetime / 2, asked_at + max(lifetime - _MARGIN_S, lifetime / 2))

    @property
    def fresh(self) -> bool:
        """Whether it is too early to ask for another one."""
        return monotonic() < self.renew_at

    @property
    def usable(self) -> bool:
        """Whether it still opens every door."""
        return monotonic() < self.ends_at


def audience_of(service: str) -> str:
    """What the realm calls a service: the client id that is also the `aud` of tokens for it."""
    return f"kontor-{service}"


class ServiceTokens:
    """Every token is for one callee alone (`aud`), so that no callee can use it against another.

    The realm has a client scope `to-<callee>` for each callee that this client may call.
    """

    def __init__(self, *, issuer: str, client_id: str, client_secret: str) -> None:
        self._endpoint = issuer_endpoint(issuer, "token")
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._own: dict[str, _Token] = {}
        # Oldest first, by the digest of the user's token.
        self._exchanged: OrderedDict[tuple[bytes, str], _Token] = OrderedDict()

    async def own(self, callee: str) -> str:
        """This service's own token (RFC 6749 §4.4). Errors: Unavailable if there is none and the realm gives none."""
        token = self._own.get(callee)
        if token is None:
            form = {"grant_type": "client_credentials", "scope": f"to-{callee}"}
            token = self._own[callee] = _Token(self._endpoint, self._client | form)
        return await token.get()

    async def on_behalf(self, principal: Principal, callee: str) -> str:
        """A token that names the user as `sub` and this service as `azp` (RFC 8693).

        Errors: Unavailable; Unauthenticated if the user's token is no good any more, as after a logout.
        Asked for once per user's token and callee, and kept as long as both tokens are good.
        """
        key = (hashlib.sha256(principal.token.encode()).digest(), callee)
        token = self._exchanged.get(key)
        if token is None:
            token = _Token(
                self._endpoint,
                self._client | _exchange(principal.token, callee),
                ends_at=principal.expires_at,
            )
            self._remember(key, token)
        return await token.get()

    def _remember(self, key: tuple[bytes, str], token: _Token) -> None:
        self._exchanged[key] = token
        while self._exchanged and (
            len(self._exchanged) > _REMEMBERED or next(iter(self._exchanged.values())).over
        ):
            self._exchanged.popitem(last=False)


class _Token:
    """One kind of token from the realm's token endpoint, renewed at half its life and used to its end.

    `ends_at` (seconds since 1970) is when nobody can want it any more.
    """

    def __init__(self, endpoint: str, form: Mapping[str, str], *, ends_at: float = float("inf")) -> None:
        self._endpoint = endpoint
        self._form = dict(form)
        self._wanted_until = ends_at
        self._issued = Issued()
        self._refused = False
        self._errand = Errand(self._renew)

    @property
    def over(self) -> bool:
        """Whether the user's token that it was made from has ended."""
        return self._wanted_until <= time()

    async def get(self) -> str:
        issued = self._issued
        if issued.fresh:
            return issued.token
        if issued.usable:
            # Nobody waits for the new one, and an outage is bridged.
            self._errand.start(pause_s=PAUSE_S)
            return issued.token
        await self._errand.finish(pause_s=PAUSE_S)
        issued = self._issued
        if not issued.usable:
            if self._refused:
                raise Unauthenticated("The login has ended.", reason="TOKEN_INVALID")
            raise Unavailable(
                "The identity provider gives this service no token.", reason="IDENTITY_PROVIDER_UNAVAILABLE"
            )
        return issued.token

    async def _renew(self) -> None:
        asked_at = monotonic()
        try:
            self._issued = Issued.read(await post_form(self._endpoint, self._form), asked_at=asked_at)
        except HTTPError as error:
            self._refused = _is_about_the_user(await refusal(error))
            return
        except (OSError, ValueError):
            # What is there stays usable to its end; `get` says so when nothing is.
            self._refused = False
            return


def _is_about_the_user(refused: Mapping[str, object]) -> bool:
    """Whether the user's token was refused, and not this service or its way of asking."""
    if refused.get("error") in ("invalid_grant", "invalid_token"):
        return True
    # RFC 8693 §2.2.2 has one word for a bad token and a bad request; Keycloak tells them apart in its text.
    return refused.get("error") == "invalid_request" and refused.get("error_description") == "Invalid token"


def _exchange(subject_token: str, callee: str) -> dict[str, str]:
    return {
        "grant_type": _EXCHANGE,
        "subject_token": subject_token,
        "subject_token_type": _ACCESS_TOKEN,
        "requested_token_type": _ACCESS_TOKEN,
        "audience": callee,
        "scope": f"to-{callee}",
    }
