"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0): telling the web pages that a session has ended."""

import logging
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable

from devstack.idp.client import Client
from devstack.idp.keys import Signer
from devstack.idp.sessions import Sessions

log = logging.getLogger(__name__)
_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFESPAN = 120
_TIMEOUT = 3


class Backchannel:
    """Ends sessions, and says so to every client that took part in them."""

    def __init__(self, sessions: Sessions, signer: Signer, *, clients: Iterable[Client], issuer: str) -> None:
        self._sessions = sessions
        self._signer = signer
        self._clients = {client.client_id: client for client in clients if client.logout_url}
        self._issuer = issuer

    def end(self, sid: str) -> None:
        """End one session."""
        session = self._sessions.get(sid)
        told = self._sessions.clients_of(sid)
        self._sessions.close(sid)
        if session is not None:
            for client_id in told & self._clients.keys():
                self._tell(self._clients[client_id], sid=sid, user_id=session.user_id)

    def end_all_of(self, user_id: str) -> None:
        """End every session of one account."""
        for sid in self._sessions.of(user_id):
            self.end(sid)

    def _tell(self, client: Client, *, sid: str, user_id: str) -> None:
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": client.client_id,
            "sub": user_id,
            "sid": sid,
            "iat": now,
            "exp": now + _LIFESPAN,
            "jti": str(uuid.uuid4()),
            "typ": "Logout",
            "events": {_EVENT: {}},
        }
        token = self._signer.sign(claims, header={"typ": "logout+jwt"})
        # Nobody who signs out waits for a page that is down; its tokens run out by themselves.
        threading.Thread(target=_post, args=(client, token), daemon=True).start()


def _post(client: Client, token: str) -> None:
    body = urllib.parse.urlencode({"logout_token": token}).encode()
    request = urllib.request.Request(client.logout_url, data=body, method="POST")  # noqa: S310  # from the realm file
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310
            return
    except (urllib.error.URLError, OSError) as error:
        log.warning("%s did not take the logout: %s", client.client_id, error)
