"""Headers, form tokens, origins and access marks: what stands before every view."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from kernel.web.access import access_of
from kernel.web.application import Web
from tests.web.sample import PUBLIC, form_token


def test_every_answer_carries_the_policy(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-", 1)[1].split("'", 1)[0]
    assert f'nonce="{nonce}"' in answer.text
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in answer.headers


def test_the_nonce_is_new_for_every_answer(client: FlaskClient) -> None:
    first, second = (client.get("/").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_pages_hold_no_style_or_handler_that_the_policy_would_block(client: FlaskClient) -> None:
    page = client.get("/").text
    assert " style=" not in page
    assert " onclick=" not in page


def test_https_brings_hsts_and_host_cookies(make_web: Callable[..., Web]) -> None:
    app = make_web(public_url="https://portal.hansewerk.example").app
    answer = app.test_client().get("/?lang=en", base_url="https://portal.hansewerk.example")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kontor=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_a_write_needs_the_form_token(client: FlaskClient) -> None:
    assert client.post("/write").status_code == 419
    token = form_token(client.get("/").text)
    assert client.post("/write", data={"csrf_token": token}).text == "written"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:39001"])
def test_a_write_from_another_origin_is_refused(client: FlaskClient, origin: str) -> None:
    token = form_token(client.get("/").text)
    answer = client.post("/write", data={"csrf_token": token}, headers={"Origin": origin})
    assert answer.status_code == 403


def test_a_write_from_our_own_origin_passes(client: FlaskClient) -> None:
    token = form_token(client.get("/").text)
    answer = client.post("/write", data={"csrf_token": token}, headers={"Origin": PUBLIC})
    assert answer.status_code == 200


def test_machines_need_neither_token_nor_origin(client: FlaskClient) -> None:
    assert client.post("/machine", headers={"Origin": "https://mail.example"}).text == "taken"


def test_a_view_without_a_mark_is_open_to_nobody(client: FlaskClient) -> None:
    answer = client.get("/forgotten")
    assert answer.status_code == 500
    assert "never seen" not in answer.text


def test_a_visitor_is_sent_to_the_login_and_back(client: FlaskClient) -> None:
    answer = client.get("/mine?tab=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=%2Fmine%3Ftab%3D2"


@pytest.mark.parametrize(
    ("shown", "back"),
    [
        (f"{PUBLIC}/mine/list?page=2#last", "%2Fmine%2Flist%3Fpage%3D2"),
        (f"{PUBLIC}/", "%2F"),
        ("https://evil.example//elsewhere.example/", "%2F"),
        ("javascript:alert(1)", "%2F"),
        ("https://[", "%2F"),
        (None, "%2F"),
    ],
)
def test_a_fragment_moves_the_page_to_the_login_and_back_to_the_page(
    client: FlaskClient, shown: str | None, back: str
) -> None:
    headers = {"HX-Request": "true"} | ({"HX-Current-URL": shown} if shown is not None else {})
    answer = client.get("/mine", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/login?next={back}"


def test_shared_routes_are_all_marked(web: Web) -> None:
    unmarked = {
        rule.endpoint for rule in web.app.url_map.iter_rules() if access_of(web.app, rule.endpoint) is None
    }
    assert unmarked == {"sample.forgotten"}
