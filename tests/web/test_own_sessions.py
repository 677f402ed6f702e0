"""One's own logins: seen in words, and ended everywhere, here and at the provider."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient

from kernel.web import devices
from kernel.web.application import Web
from kernel.web.provider import Provider
from kernel.web.sessions import Tokens
from tests.idp import stack
from tests.idp.browser import Browser
from tests.web.sample import PUBLIC, form_token
from tests.web.test_login import log_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
AGENTS = {
    FIREFOX: "Firefox auf Windows",
    IPHONE: "Safari auf iPhone",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36": (
        "Chrome auf Linux"
    ),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0": "Edge auf Windows",
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36": (
        "Samsung Internet auf Android"
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15": (
        "Safari auf macOS"
    ),
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36": "Chrome auf ChromeOS",
    "curl/8.5.0": "Unbekanntes Gerät",
    "": "Unbekanntes Gerät",
    "Firefox/": "Firefox",
    "<script>alert(1)</script> Windows": "Windows",
    "x" * 100_000: "Unbekanntes Gerät",
}


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
def somebody(web: Web) -> Iterator[Callable[..., FlaskClient]]:
    """`somebody(user_agent, login=…)` has logged in with a browser of their own, provider's cookies included."""
    browsers: list[Browser] = []

    def come(user_agent: str, *, login: str = "kunde") -> FlaskClient:
        client = web.app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = user_agent
        browsers.append(Browser())
        log_in(client, browsers[-1], login=login)
        return client

    yield come
    for browser in browsers:
        browser.http.close()


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent[:24])
def test_a_browser_has_a_name(web: Web, agent: str) -> None:
    key = devices.key_of(agent)
    assert len(key) <= 32
    with web.app.test_request_context("/?lang=de"):
        assert devices.describe(key).text == AGENTS[agent]


def test_the_list_shows_all_of_ones_own_and_marks_this_one(somebody: Callable[..., FlaskClient]) -> None:
    somebody(FIREFOX)
    somebody(FIREFOX, login="leitung")
    phone = somebody(IPHONE)
    page = phone.get("/sessions").text
    assert page.count('class="k-row"') == 2
    here, other = page.split('class="k-row"')[1:]
    assert "Safari auf iPhone" in here
    assert "dieser Browser" in here
    assert "Firefox auf Windows" in other
    assert "dieser Browser" not in other
    assert "logged in since" in phone.get("/sessions?lang=en").text


def test_nobody_sees_the_list_without_a_login(web: Web) -> None:
    client = web.app.test_client()
    assert client.get("/sessions").headers["Location"] == "/login?next=%2Fsessions"
    token = form_token(client.get("/").text)
    assert client.post("/sessions/end", data={"csrf_token": token}).status_code == 401


def test_out_everywhere_ends_all_here_and_at_the_provider(
    web: Web, idp: stack.Idp, somebody: Callable[..., FlaskClient]
) -> None:
    laptop, phone, stranger = somebody(FIREFOX), somebody(IPHONE), somebody(FIREFOX, login="leitung")
    tokens = [_tokens(web, client) for client in (laptop, phone, stranger)]
    answer = laptop.post("/sessions/end", data={"csrf_token": form_token(laptop.get("/sessions").text)})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(idp.door("logout"))
    assert "id_token_hint=" in answer.headers["Location"]
    assert [client.get("/mine").status_code for client in (laptop, phone, stranger)] == [302, 302, 200]
    provider = web.app.extensions["kontor.login"].provider
    with web.app.test_request_context("/"):
        # The phone's session is over at the provider; the laptop's ends when its browser arrives there.
        assert provider.renew(tokens[1]) is None
        assert provider.renew(tokens[2]) is not None
    assert "2 Anmeldungen wurden beendet" in laptop.get("/").text


def test_the_form_token_is_needed(somebody: Callable[..., FlaskClient]) -> None:
    client = somebody(FIREFOX)
    assert client.post("/sessions/end").status_code == 419
    assert client.get("/mine").status_code == 200


def test_without_the_provider_all_end_here_and_the_page_says_what_is_left(
    make_web: Callable[..., Web], tmp_path: Path
) -> None:
    idp = stack.start(tmp_path, KONTOR_PORTAL_URL=PUBLIC)
    web, browsers = make_web(oidc_issuer=idp.issuer), [Browser(), Browser()]
    clients = [web.app.test_client(), web.app.test_client()]
    try:
        for client, browser in zip(clients, browsers, strict=True):
            log_in(client, browser)
    finally:
        idp.stop()
        for browser in browsers:
            browser.http.close()
    token = form_token(clients[0].get("/sessions").text)
    assert clients[0].post("/sessions/end", data={"csrf_token": token}).status_code == 303
    assert [client.get("/mine").status_code for client in clients] == [302, 302]
    assert "Der Anmeldedienst antwortet gerade nicht" in clients[0].get("/").text


def test_one_session_that_could_not_be_ended_spares_no_other(
    somebody: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    clients, told = [somebody(FIREFOX) for _ in range(3)], list[Tokens]()

    def no_answer(_provider: Provider, tokens: Tokens) -> bool:
        told.append(tokens)
        return False

    monkeypatch.setattr(Provider, "end_session", no_answer)
    token = form_token(clients[0].get("/sessions").text)
    assert clients[0].post("/sessions/end", data={"csrf_token": token}).status_code == 303
    assert len(told) == 2


def test_the_user_agent_itself_is_not_kept(
    somebody: Callable[..., FlaskClient], postgres_admin: Callable[[str], psycopg.Connection]
) -> None:
    somebody(FIREFOX)
    with postgres_admin("portal") as connection:
        rows = connection.execute("SELECT device FROM logins").fetchall()
    assert rows == [("firefox/windows",)]


def _tokens(web: Web, client: FlaskClient) -> Tokens:
    cookie = client.get_cookie("kontor-portal-login")
    assert cookie is not None
    login = web.sessions.load(cookie.value, renew=lambda tokens: tokens)
    assert login is not None
    return login.tokens
