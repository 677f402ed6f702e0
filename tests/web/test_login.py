"""Logging in and out against the embedded stack's real identity provider."""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask.testing import FlaskClient

from devstack.code import demo_secrets
from devstack.idp import totp
from kernel.channel import current_context
from kernel.web.application import Web
from tests.e2e import browser as e2e
from tests.idp import stack
from tests.idp.browser import Browser
from tests.web.sample import PUBLIC, form_token


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Idp]:
    """A provider whose portal is the sample application."""
    running = stack.start(tmp_path_factory.mktemp("idp"), KONTOR_PORTAL_URL=PUBLIC)
    yield running
    running.stop()


@pytest.fixture
def web(make_web: Callable[..., Web], idp: stack.Idp) -> Web:
    return make_web(oidc_issuer=idp.issuer)


@pytest.fixture
def browser() -> Iterator[Browser]:
    visitor = Browser()
    yield visitor
    visitor.http.close()


def log_in(client: FlaskClient, browser: Browser, *, wanted: str = "/mine", login: str = "kunde") -> str:
    """Through the provider's page and back; answers where it ended."""
    sent = client.get("/login", query_string={"next": wanted})
    back = browser.sign_in(sent.headers["Location"], login=f"{login}@demo.example")
    if secret := demo_secrets().get(f"{login}@demo.example"):
        back = browser.submit(back, otp=totp.code(secret))
    address = urlsplit(back.headers["location"])
    done = client.get(f"{address.path}?{address.query}")
    assert done.status_code == 302, done.text
    return str(done.headers["Location"])


def test_the_provider_is_asked_with_pkce_state_and_nonce(client: FlaskClient) -> None:
    sent = client.get("/login?lang=en")
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{PUBLIC}/login/callback"]
    assert query["ui_locales"] == ["en"]
    assert query["state"]
    assert query["nonce"]


def test_who_has_logged_in_is_back_where_they_wanted_to_be(client: FlaskClient, browser: Browser) -> None:
    assert log_in(client, browser, wanted="/mine?tab=2") == "/mine?tab=2"
    assert client.get("/mine").text == "Annika Sommer"


def test_what_was_typed_outlives_the_login(client: FlaskClient, browser: Browser) -> None:
    typed = "\nLiebes Team,\n\n<b>das Regal</b> wackelt & knarrt."
    form = {
        "csrf_token": form_token(client.get("/").text), "request_id": str(uuid.uuid4()), "body": typed,
        "attachment": (io.BytesIO(b"%PDF"), "foto.pdf"),
    }  # fmt: skip
    kept = client.post("/mine/note?tab=2", data=form)
    assert kept.status_code == 401
    assert "Dateien" in kept.text
    with e2e.Browser() as reader:
        page = e2e.Page(reader, f"{PUBLIC}/mine/note", 401, httpx.Headers(), kept.data)
        again = page.form(field="body")
    assert again.action == f"{PUBLIC}/mine/note?tab=2"
    assert again.value("request_id") == form["request_id"]
    log_in(client, browser)
    assert client.post("/mine/note?tab=2", data=again.filled({})).text == f"noted: {typed}"


def test_another_sites_form_is_not_kept(client: FlaskClient) -> None:
    assert client.post("/mine/note", data={"body": "Ihr Konto"}).status_code == 419


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "mine",
        "/\t/evil.example/x",
        "/\r/evil.example",
    ],
)
def test_the_way_back_stays_on_this_site(client: FlaskClient, browser: Browser, wanted: str) -> None:
    assert log_in(client, browser, wanted=wanted) == "/"


def test_roles_come_from_the_access_token(client: FlaskClient, browser: Browser) -> None:
    log_in(client, browser)
    assert client.get("/secret").status_code == 403


def test_the_dpo_may(client: FlaskClient, browser: Browser) -> None:
    log_in(client, browser, login="datenschutz")
    assert client.get("/secret").text == "secret"


def test_an_answer_that_nobody_asked_for_is_refused(client: FlaskClient) -> None:
    answer = client.get("/login/callback?code=stolen&state=guessed")
    assert answer.status_code == 400
    assert "Die Anmeldung hat nicht geklappt" in answer.text
    assert client.get("/mine").status_code == 302


def test_an_answer_works_once(client: FlaskClient, browser: Browser) -> None:
    sent = client.get("/login")
    back = urlsplit(browser.sign_in(sent.headers["Location"]).headers["location"])
    callback = f"{back.path}?{back.query}"
    assert client.get(callback).status_code == 302
    assert client.get(callback).status_code == 400


def test_an_old_access_token_is_renewed_in_passing(web: Web, client: FlaskClient, browser: Browser) -> None:
    log_in(client, browser)
    cookie = client.get_cookie("kontor-portal-login")
    assert cookie is not None
    before = web.sessions.load(cookie.value, renew=lambda tokens: tokens)
    assert before is not None
    soon = replace(before.tokens, expires_at=datetime.now(UTC) + timedelta(seconds=10))
    client.set_cookie("kontor-portal-login", web.sessions.open(replace(before, tokens=soon)))
    assert client.get("/mine").text == "Annika Sommer"
    after = web.sessions.load(_login_cookie(client), renew=lambda tokens: tokens)
    assert after is not None
    assert after.tokens.access != before.tokens.access
    assert after.tokens.refresh != before.tokens.refresh


def test_logging_out_ends_both_sessions(client: FlaskClient, browser: Browser) -> None:
    log_in(client, browser)
    raw = _login_cookie(client)
    token = form_token(client.get("/").text)
    answer = client.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["post_logout_redirect_uri"] == [f"{PUBLIC}/"]
    assert query["id_token_hint"]
    assert client.get("/mine").status_code == 302
    client.set_cookie("kontor-portal-login", raw)
    assert client.get("/mine").status_code == 302


def test_over_https_the_login_cookie_belongs_to_this_host_alone(
    make_web: Callable[..., Web], tmp_path: Path, browser: Browser
) -> None:
    public = "https://portal.hansewerk.example"
    idp = stack.start(tmp_path, KONTOR_PORTAL_URL=public)
    try:
        client = make_web(oidc_issuer=idp.issuer, public_url=public).app.test_client()
        sent = client.get("/login", base_url=public)
        back = urlsplit(browser.sign_in(sent.headers["Location"]).headers["location"])
        done = client.get(f"{back.path}?{back.query}", base_url=public)
    finally:
        idp.stop()
    cookie = next(c for c in done.headers.getlist("Set-Cookie") if "login" in c.partition("=")[0])
    assert cookie.startswith("__Host-kontor-login=")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert "Domain" not in cookie


def test_logging_in_again_gives_another_id_and_the_old_one_is_dead(
    client: FlaskClient, browser: Browser
) -> None:
    log_in(client, browser)
    first = _login_cookie(client)
    client.get("/login")
    back = urlsplit(browser.http.get(client.get("/login").headers["Location"]).headers["location"])
    client.get(f"{back.path}?{back.query}")
    assert _login_cookie(client) != first
    client.set_cookie("kontor-portal-login", first)
    assert client.get("/mine").status_code == 302


def test_a_forged_back_channel_logout_ends_nothing(client: FlaskClient, browser: Browser) -> None:
    log_in(client, browser)
    for token in ("", "not.a.token", "eyJhbGciOiJub25lIn0.e30."):
        assert client.post("/logout/backchannel", data={"logout_token": token}).status_code == 400
    assert client.get("/mine").status_code == 200


def test_without_the_provider_the_page_says_so(make_web: Callable[..., Web]) -> None:
    client = make_web().app.test_client()
    answer = client.get("/login")
    assert answer.status_code == 503
    assert "Die Anmeldung ist gerade nicht möglich" in answer.text
    assert client.get("/").status_code == 200


def test_a_provider_that_went_away_leaves_the_logins_and_refuses_new_ones(
    make_web: Callable[..., Web], tmp_path: Path, browser: Browser
) -> None:
    idp = stack.start(tmp_path / "idp", KONTOR_PORTAL_URL=PUBLIC)
    client = make_web(oidc_issuer=idp.issuer).app.test_client()
    log_in(client, browser)
    idp.stop()
    assert client.get("/mine").text == "Annika Sommer"
    answer = client.get("/login")
    assert (answer.status_code, "gerade nicht möglich" in answer.text) == (503, True)


def test_unfinished_logins_do_not_fill_the_cookie(client: FlaskClient) -> None:
    for _ in range(12):
        client.get("/login")
        time.sleep(0.01)
    cookie = client.get_cookie("kontor-portal-visit")
    assert cookie is not None
    assert len(cookie.value) < 2500


def _login_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("kontor-portal-login")
    assert cookie is not None
    return cookie.value


def test_a_streamed_answer_calls_in_the_name_of_who_asked(
    make_web: Callable[..., Web], idp: stack.Idp, browser: Browser
) -> None:
    seen: list[str] = []

    def parts() -> Iterator[str]:
        for part in ("one ", "two"):
            context = current_context()
            seen.append(context.token if context is not None else "")
            yield part

    web = make_web(oidc_issuer=idp.issuer, parts=parts)
    client = web.app.test_client()
    log_in(client, browser)
    assert client.get("/long").text == "one two"
    # A token of the visitor, the same for each part; and nothing of it is left for the next request.
    assert len(set(seen)) == 1
    assert seen[0].count(".") == 2
    assert current_context() is None
