"""Parts of a page that ask again by themselves: they are no use of the page, and they ask ever more rarely."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from flask.testing import FlaskClient
from google.protobuf.timestamp_pb2 import Timestamp

from kernel.web.application import Web
from kernel.web.polling import asks_again
from tests.web.people import browser_of, login_of

_COOKIE = "kontor-portal-login"


@pytest.fixture
def visitor(web: Web) -> FlaskClient:
    """Somebody who has logged in."""
    return browser_of(web.app, login_of("customer"))


def test_a_page_left_open_does_not_look_like_somebody_at_it(
    visitor: FlaskClient, postgres_admin: Callable[[str], psycopg.Connection]
) -> None:
    def idle_minutes() -> int:
        with postgres_admin("portal") as connection:
            row = connection.execute(
                "SELECT extract(minute FROM now() - last_seen_at) FROM logins"
            ).fetchone()
        assert row is not None
        return int(row[0])

    with postgres_admin("portal") as connection:
        connection.execute("UPDATE logins SET last_seen_at = last_seen_at - interval '10 minutes'")
    assert visitor.get("/mine/news").text == "news"
    assert idle_minutes() == 10
    assert visitor.get("/mine").text == "Annika Sommer"
    assert idle_minutes() == 0


def test_after_the_login_has_ended_the_asking_stops_and_logs_nobody_in_again(client: FlaskClient) -> None:
    answer = client.get("/mine/news", headers={"HX-Request": "true"})
    # htmx takes this status as the end of a repetition.
    assert answer.status_code == 286
    assert answer.headers["HX-Reswap"] == "none"
    assert "HX-Redirect" not in answer.headers
    assert answer.text == ""


def test_who_opens_the_address_without_a_login_is_sent_there(client: FlaskClient) -> None:
    assert client.get("/mine/news").headers["Location"] == "/login?next=%2Fmine%2Fnews"


@pytest.mark.parametrize(
    ("minutes", "pause_s"), [(0, 2), (0.25, 2), (1, 6), (4, 24), (60, 30), (60 * 24 * 20, 30), (-5, 2)]
)
def test_the_longer_it_has_taken_the_longer_is_the_pause(minutes: float, pause_s: int) -> None:
    since = Timestamp()
    since.FromDatetime(datetime.now(UTC) - timedelta(minutes=minutes))
    assert asks_again(since).split(",")[0] == f"every {pause_s}s"
