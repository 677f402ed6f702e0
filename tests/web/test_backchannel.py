"""Back-channel logout: every check of the specification, with tokens that the provider's own key has signed."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from flask.testing import FlaskClient

from kernel.web import logout_tokens
from kernel.web.application import Web
from kernel.web.logout_tokens import AGE_LIMIT, EVENT, LogoutTokens, NotALogoutToken
from tests.e2e.forgery import realm_pen
from tests.e2e.sso.forgeries import Pen
from tests.idp import stack
from tests.idp.browser import Browser
from tests.web.sample import PUBLIC
from tests.web.test_login import log_in

CLIENT = "kontor-portal"
Json = dict[str, Any]


@dataclass
class Issuer:
    """The provider, and its signature."""

    idp: stack.Idp
    pen: Pen

    def claims(self, **changes: Any) -> Json:
        """A good logout token's claims; None takes one away."""
        now = int(time.time())
        good = {
            "iss": self.idp.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 120,
            "jti": str(uuid.uuid4()),
            "sid": "sid-1",
            "sub": "sub-1",
            "typ": "Logout",
            "events": {EVENT: {}},
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def token(self, *, header: Json | None = None, **changes: Any) -> str:
        return self.pen(self.claims(**changes), header={"typ": "logout+jwt"} | (header or {}))

    def keys(self) -> Json:
        return dict(httpx.get(self.idp.door("certs")).json())

    def reader(self) -> LogoutTokens:
        return LogoutTokens(issuer=self.idp.issuer, client_id=CLIENT, fetch=self.keys)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    """A provider whose portal is the sample application."""
    state = tmp_path_factory.mktemp("idp")
    running = stack.start(state, KONTOR_PORTAL_URL=PUBLIC)
    yield Issuer(running, realm_pen(state))
    running.stop()


@pytest.fixture
def web(make_web: Callable[..., Web], issuer: Issuer) -> Web:
    return make_web(oidc_issuer=issuer.idp.issuer)


@pytest.fixture
def browser() -> Iterator[Browser]:
    visitor = Browser()
    yield visitor
    visitor.http.close()


def now(offset: float = 0) -> int:
    return int(time.time() + offset)


def by_a_stranger(issuer: Issuer, **header: Any) -> str:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": issuer.keys()["keys"][0]["kid"], "typ": "logout+jwt", **header}
    return jwt.encode(issuer.claims(), key, algorithm="RS256", headers=headers)


def unsigned(issuer: Issuer) -> str:
    headers = {"kid": issuer.keys()["keys"][0]["kid"], "typ": "logout+jwt"}
    return jwt.encode(issuer.claims(), "", algorithm="none", headers=headers)


def symmetric(issuer: Issuer) -> str:
    headers = {"kid": issuer.keys()["keys"][0]["kid"], "typ": "logout+jwt"}
    return jwt.encode(issuer.claims(), "k" * 64, algorithm="HS256", headers=headers)


# What is wrong, and the check that says so; numbers are those of section 2.6.
BAD: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "nothing": (lambda i: "", "DecodeError"),
    "nonsense": (lambda i: "a.b.c", "DecodeError"),
    "2 signed by a stranger": (by_a_stranger, "InvalidSignatureError"),
    "2 of an unknown key": (lambda i: by_a_stranger(i, kid="nobody"), "UNKNOWN_KEY"),
    "3 unsigned": (unsigned, "WRONG_TYPE"),
    "3 with a shared secret": (symmetric, "WRONG_TYPE"),
    "an access token's type": (lambda i: i.token(header={"typ": "at+jwt"}), "WRONG_TYPE"),
    "an ID token's type": (lambda i: i.token(header={"typ": "JWT"}), "WRONG_TYPE"),
    "4 of another issuer": (lambda i: i.token(iss="https://evil.example"), "InvalidIssuerError"),
    "4 without an issuer": (lambda i: i.token(iss=None), "MissingRequiredClaimError"),
    "4 for another client": (lambda i: i.token(aud="kontor-gateway"), "InvalidAudienceError"),
    "4 for nobody": (lambda i: i.token(aud=None), "MissingRequiredClaimError"),
    "4 without a time of issue": (lambda i: i.token(iat=None), "MissingRequiredClaimError"),
    "4 from the future": (lambda i: i.token(iat=now(60), exp=now(120)), "ImmatureSignatureError"),
    "4 of no time": (lambda i: i.token(iat="yesterday"), "InvalidIssuedAtError"),
    "4 older than the limit": (lambda i: i.token(iat=now(-AGE_LIMIT.total_seconds() - 5)), "TOO_OLD"),
    "4 expired": (lambda i: i.token(iat=now(-100), exp=now(-10)), "ExpiredSignatureError"),
    "4 without an end": (lambda i: i.token(exp=None), "MissingRequiredClaimError"),
    "5 without anybody": (lambda i: i.token(sid=None, sub=None), "NOBODY_NAMED"),
    "5 with an empty name": (lambda i: i.token(sid="", sub=None), "NOBODY_NAMED"),
    "5 with a list of sessions": (lambda i: i.token(sid=["sid-1", "sid-2"]), "CLAIM_IS_NO_TEXT"),
    "6 without events": (lambda i: i.token(events=None), "MissingRequiredClaimError"),
    "6 with another event": (lambda i: i.token(events={"https://a.example/event": {}}), "NO_LOGOUT_EVENT"),
    "6 with an event that is no object": (lambda i: i.token(events={EVENT: True}), "NO_LOGOUT_EVENT"),
    "6 with a list of events": (lambda i: i.token(events=[EVENT]), "NO_LOGOUT_EVENT"),
    "7 with a nonce": (lambda i: i.token(nonce="n-1"), "NONCE"),
    "8 without an id": (lambda i: i.token(jti=None), "MissingRequiredClaimError"),
    "8 with an empty id": (lambda i: i.token(jti=""), "CLAIM_IS_NO_TEXT"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_breaks_one_rule_proves_nothing(issuer: Issuer, client: FlaskClient, name: str) -> None:
    make, reason = BAD[name]
    token = make(issuer)
    with pytest.raises(NotALogoutToken) as refused:
        issuer.reader().read(token)
    assert str(refused.value) == reason
    answer = client.post("/logout/backchannel", data={"logout_token": token})
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_good_token_says_whom_it_is_about(issuer: Issuer) -> None:
    issued = now()
    notice = issuer.reader().read(issuer.token(iat=issued, jti="j-1", aud=["other", CLIENT]))
    assert (notice.issuer, notice.sid, notice.subject, notice.jti) == (
        issuer.idp.issuer, "sid-1", "sub-1", "j-1",
    )  # fmt: skip
    assert notice.until.timestamp() == issued + AGE_LIMIT.total_seconds()
    assert issuer.reader().read(issuer.pen(issuer.claims(sub=None), header={"typ": ""})).subject == ""


def test_a_real_logout_ends_the_login_and_works_once(
    issuer: Issuer, web: Web, client: FlaskClient, browser: Browser
) -> None:
    log_in(client, browser)
    sid, sub = _session(web, client)
    strangers = issuer.token(sid=sid, sub="somebody-else")
    assert client.post("/logout/backchannel", data={"logout_token": strangers}).status_code == 200
    assert client.get("/mine").status_code == 200
    token = issuer.token(sid=sid, sub=sub)
    answer = client.post("/logout/backchannel", data={"logout_token": token})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/mine").status_code == 302
    # The same token again, after the person has come back: nothing may end.
    browser.http.cookies.clear()
    log_in(client, browser)
    assert client.post("/logout/backchannel", data={"logout_token": token}).status_code == 400
    assert client.get("/mine").status_code == 200


def test_a_replay_is_refused_by_every_replica(
    issuer: Issuer, web: Web, client: FlaskClient, make_web: Callable[..., Web]
) -> None:
    other = make_web(oidc_issuer=issuer.idp.issuer).app.test_client()
    token = issuer.token()
    assert client.post("/logout/backchannel", data={"logout_token": token}).status_code == 200
    assert other.post("/logout/backchannel", data={"logout_token": token}).status_code == 400


def test_without_a_session_id_the_person_is_logged_out_everywhere(
    issuer: Issuer, web: Web, client: FlaskClient, browser: Browser
) -> None:
    log_in(client, browser)
    _, sub = _session(web, client)
    token = issuer.token(sid=None, sub=sub)
    assert client.post("/logout/backchannel", data={"logout_token": token}).status_code == 200
    assert client.get("/mine").status_code == 302


def test_unknown_keys_do_not_make_us_ask_again(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for a machine that needs ten seconds for twenty tokens.
    monkeypatch.setattr(logout_tokens, "PAUSE_S", 600.0)
    asked: list[int] = []

    def fetch() -> Json:
        asked.append(1)
        return issuer.keys()

    reader = LogoutTokens(issuer=issuer.idp.issuer, client_id=CLIENT, fetch=fetch)
    for number in range(20):
        with pytest.raises(NotALogoutToken):
            reader.read(by_a_stranger(issuer, kid=f"made-up-{number}"))
    assert reader.read(issuer.token()).sid == "sid-1"
    assert len(asked) == 1


def test_a_rotated_key_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logout_tokens, "PAUSE_S", 0.0)
    idp = stack.start(tmp_path)
    issuer = Issuer(idp, realm_pen(tmp_path))
    try:
        reader = issuer.reader()
        reader.read(issuer.token())
        stack.rotate(tmp_path)
        assert reader.read(issuer.token()).sid == "sid-1"
    finally:
        idp.stop()


def _session(web: Web, client: FlaskClient) -> tuple[str, str]:
    cookie = client.get_cookie("kontor-portal-login")
    assert cookie is not None
    login = web.sessions.load(cookie.value, renew=lambda tokens: tokens)
    assert login is not None
    return login.provider_sid, login.subject
