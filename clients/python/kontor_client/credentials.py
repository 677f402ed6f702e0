"""The program's own access token: OAuth 2.0 client credentials (RFC 6749 §4.4), renewed before it ends."""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.parse
import urllib.request

# The only hosts to which a secret may go unencrypted.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MARGIN_S = 30.0
_TIMEOUT_S = 10.0


class NoToken(Exception):
    """The identity provider does not answer, or does not know these credentials."""


class ClientCredentials:
    """Gives the token of one client; safe to call from several threads.

    `ca_file` is a PEM file of the authority behind the issuer's certificate, if it is not a usual one.
    Errors: ValueError if the issuer is reached in the clear over a network.
    """

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, ca_file: str | None = None
    ) -> None:
        address = urllib.parse.urlsplit(issuer)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            raise ValueError("the issuer must be an https address: the secret goes there")
        self._endpoint = f"{issuer.rstrip('/')}/protocol/openid-connect/token"
        self._form = urllib.parse.urlencode(
            {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        ).encode()
        self._trust = ssl.create_default_context(cafile=ca_file)
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def token(self) -> str:
        """A token that is good for a while yet. Errors: NoToken."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._renew()
            return self._token

    def forget(self) -> None:
        """Fetches a new token next time, e.g. after the realm has changed what this client may do."""
        with self._lock:
            self._good_until = 0.0

    def _renew(self) -> None:
        asked = time.monotonic()
        trust = self._trust if self._endpoint.startswith("https:") else None
        try:
            with urllib.request.urlopen(  # noqa: S310 - checked above
                self._endpoint, data=self._form, timeout=_TIMEOUT_S, context=trust
            ) as answer:
                content = json.load(answer)
            self._token, lifetime = str(content["access_token"]), float(content["expires_in"])
        except (OSError, ValueError, KeyError) as error:
            raise NoToken(f"{self._endpoint} gave no token: {error}") from error
        self._good_until = asked + max(lifetime - _MARGIN_S, lifetime / 2)
