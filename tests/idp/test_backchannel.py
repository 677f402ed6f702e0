"""Back-channel logout: who signs out of one page is signed out of the other, and the proof holds."""

import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import jwt
import pytest

from tests.idp import stack
from tests.idp.browser import Browser, Portal


@pytest.fixture
def listener() -> Iterator[tuple[str, "queue.Queue[tuple[str, str]]"]]:
    """A page that takes logout tokens: its address, and what came (path, token)."""
    came: queue.Queue[tuple[str, str]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            came.put((self.path, parse_qs(body)["logout_token"][0]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_page_of_the_session_is_told(
    listener: tuple[str, "queue.Queue[tuple[str, str]]"], tmp_path: Path, browser: Browser
) -> None:
    page, came = listener
    idp = stack.start(tmp_path, KONTOR_PORTAL_URL=page)
    portal = Portal(idp, callback=f"{page}/login/callback")
    gateway = Portal(idp, client="kontor-gateway", callback=f"{stack.GATEWAY}/login/callback")
    try:
        sid = portal.fetch(browser.sign_in(portal.authorize_url()))["session_state"]
        token = gateway.fetch(browser.http.get(gateway.authorize_url()))
        httpx.get(idp.door("logout"), params={"id_token_hint": token["id_token"]})
        path, proof = came.get(timeout=5)
        key = jwt.PyJWKClient(idp.door("certs")).get_signing_key_from_jwt(proof)
        claims = jwt.decode(proof, key.key, algorithms=["RS256"], audience="kontor-portal", issuer=idp.issuer)
        assert path == "/logout/backchannel"
        assert jwt.get_unverified_header(proof)["typ"] == "logout+jwt"
        assert claims["sid"] == sid
        assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
        assert "nonce" not in claims
    finally:
        portal.oauth.close()
        gateway.oauth.close()
        idp.stop()


def test_a_client_ends_a_session_by_its_refresh_token(
    idp: stack.Idp, portal: Portal, browser: Browser
) -> None:
    token = portal.fetch(browser.sign_in(portal.authorize_url()))["refresh_token"]
    auth = (portal.oauth.client_id, portal.oauth.client_secret)
    assert httpx.post(idp.door("logout"), data={"refresh_token": token}).status_code in {400, 401}
    wrong = (auth[0], "wrong")
    assert httpx.post(idp.door("logout"), data={"refresh_token": token}, auth=wrong).status_code == 401
    thief = ("kontor-gateway", stack.secret("kontor-gateway"))
    httpx.post(idp.door("logout"), data={"refresh_token": token}, auth=thief)
    token = portal.refresh(token).json()["refresh_token"]
    assert httpx.post(idp.door("logout"), data={"refresh_token": token}, auth=auth).status_code == 200
    assert portal.refresh(token).json()["error"] == "invalid_grant"
    assert "kc-form-login" in browser.http.get(portal.authorize_url()).text
