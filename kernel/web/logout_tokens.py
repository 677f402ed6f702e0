"""Back-channel logout tokens: what they must be, checked in full (OpenID Connect Back-Channel Logout 1.0, §2.4–2.6)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import jwt

from kernel.jwks import ALGORITHMS, FRESH_S, PAUSE_S, usable_keys

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# A provider sends the token at once; an old one has been kept by somebody.
AGE_LIMIT = timedelta(minutes=5)
LEEWAY_S = 5
# §2.4 asks for the explicit type; where it is missing, events, sid and the forbidden nonce tell the kinds apart.
_TYPES = frozenset({"", "logout+jwt", "application/logout+jwt"})
_REQUIRED = ["iss", "aud", "iat", "exp", "jti", "events"]


class NotALogoutToken(Exception):
    """The token proves nothing. Its text is a key, never input."""


@dataclass(frozen=True)
class LogoutNotice:
    """What a good token says: which session, or everything of which person, has ended.

    At least one of `sid` and `subject` is set. `jti` must not be taken again until `until`.
    """

    issuer: str
    sid: str
    subject: str
    jti: str
    until: datetime


class LogoutTokens:
    """Reads the tokens that one provider sends to one client.

    `fetch` asks the provider for its key set; whatever it raises passes through.
    """

    def __init__(self, *, issuer: str, client_id: str, fetch: Callable[[], dict[str, Any]]) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys = _Keys(fetch)

    def read(self, token: str) -> LogoutNotice:
        """The notice in a token. Errors: NotALogoutToken."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS or str(header.get("typ", "")).lower() not in _TYPES:
                raise NotALogoutToken("WRONG_TYPE")
            key = self._keys.find(str(header.get("kid", "")))
            if key is None:
                raise NotALogoutToken("UNKNOWN_KEY")
            claims = jwt.decode(
                token,
                key=key.key,
                algorithms=[key.algorithm_name],
                audience=self._client_id,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED},
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise NotALogoutToken(type(error).__name__) from error
        return self._notice(claims)

    def _notice(self, claims: dict[str, Any]) -> LogoutNotice:
        sid, subject, jti = claims.get("sid", ""), claims.get("sub", ""), claims["jti"]
        if not all(isinstance(text, str) for text in (sid, subject, jti)) or not jti:
            raise NotALogoutToken("CLAIM_IS_NO_TEXT")
        if not sid and not subject:
            raise NotALogoutToken("NOBODY_NAMED")
        events = claims["events"]
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise NotALogoutToken("NO_LOGOUT_EVENT")
        if "nonce" in claims:
            # An ID token that somebody sends in place of a logout token (§2.4).
            raise NotALogoutToken("NONCE")
        until = datetime.fromtimestamp(float(claims["iat"]), UTC) + AGE_LIMIT
        if until < datetime.now(UTC):
            raise NotALogoutToken("TOO_OLD")
        return LogoutNotice(issuer=self._issuer, sid=sid, subject=subject, jti=jti, until=until)


class _Keys:
    """The provider's keys for threads: asked for when they are old or one is unknown, and never in a flood."""

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._stale_at = self._ask_at = float("-inf")

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key with this id; None if there is none, or none that may be asked for now."""
        with self._lock:
            now = monotonic()
            if (kid not in self._keys or now >= self._stale_at) and now >= self._ask_at:
                self._ask_at = now + PAUSE_S
                self._keys = usable_keys(self._fetch())
                self._stale_at = now + FRESH_S
            return self._keys.get(kid)
