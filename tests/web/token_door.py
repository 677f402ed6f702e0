"""A provider's token endpoint that answers what a test wants, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TokenDoor(ThreadingHTTPServer):
    """Answers `status` and `body` to every question for a token.

    While `open` is cleared it lets them wait; `visited` says that somebody does.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.status = 200
        self.body = json.dumps({"access_token": "first", "expires_in": 300})
        self.asked = 0
        self.visited = threading.Event()
        self.open = threading.Event()
        self.open.set()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/realms/kontor"

    def give(self, token: str, *, lifetime_s: float) -> None:
        """Answer with this token from now on."""
        self.status, self.body = 200, json.dumps({"access_token": token, "expires_in": lifetime_s})

    def refuse(self, status: int, body: object) -> None:
        """Answer with an error from now on."""
        self.status, self.body = status, body if isinstance(body, str) else json.dumps(body)


class _Visit(BaseHTTPRequestHandler):
    server: TokenDoor

    def do_GET(self) -> None:
        endpoint = f"{self.server.issuer}/protocol/openid-connect/token"
        self._answer(200, json.dumps({"issuer": self.server.issuer, "token_endpoint": endpoint}))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked += 1
        if not self.server.open.is_set():
            self.server.visited.set()
        self.server.open.wait(30)
        self._answer(self.server.status, self.server.body)

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test says what went wrong."""


@contextmanager
def token_door() -> Iterator[TokenDoor]:
    """A door that is served while the block runs."""
    door = TokenDoor()
    serving = threading.Thread(target=door.serve_forever)
    serving.start()
    try:
        yield door
    finally:
        door.open.set()
        door.shutdown()
        serving.join()
        door.server_close()
