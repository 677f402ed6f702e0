"""Logins on the server: their limits, their secrecy, and one refresh for many requests."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from kernel.web.logout_tokens import LogoutNotice
from kernel.web.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT, Login, Renew, Sessions, Tokens, make_engine
from tests.fixtures.clock import FakeClock
from tests.fixtures.postgres import PostgresUrl
from tests.web.people import login_of

SECRET = "a root key that only this test uses, 40+"


@pytest.fixture
def sessions(postgres_url: PostgresUrl, fake_clock: FakeClock) -> Iterator[Sessions]:
    store = Sessions(make_engine(postgres_url("portal"), threads=8), secret=SECRET, clock=fake_clock)
    yield store
    store.dispose()


@pytest.fixture
def login(fake_clock: FakeClock) -> Login:
    return login_of("customer", now=fake_clock.now())


def never(tokens: Tokens) -> Tokens | None:
    raise AssertionError(f"no refresh was due for {tokens.access}")


def lasting(clock: FakeClock) -> Renew:
    """A provider that always gives five minutes more."""
    return lambda tokens: replace(tokens, expires_at=clock.now() + timedelta(minutes=5))


def test_a_login_is_found_by_its_id_and_by_nothing_else(sessions: Sessions, login: Login) -> None:
    raw = sessions.open(login)
    assert sessions.load(raw, renew=never) == login
    assert sessions.load(raw[:-1] + "x", renew=never) is None


def test_logging_in_again_changes_the_id_and_ends_the_old_one(sessions: Sessions, login: Login) -> None:
    first = sessions.open(login)
    second = sessions.open(login, replaces=first)
    assert second != first
    assert sessions.load(first, renew=never) is None
    assert sessions.load(second, renew=never) == login


def test_the_database_holds_neither_id_nor_token_nor_name(
    sessions: Sessions, login: Login, postgres_admin: Callable[[str], psycopg.Connection]
) -> None:
    raw = sessions.open(login)
    with postgres_admin("portal") as connection:
        row = connection.execute("SELECT id_hash, payload FROM logins").fetchone()
    assert row is not None
    stored = b"".join(row)
    for secret in (raw, "access-1", "refresh-1", "Annika", "annika@"):
        assert secret.encode() not in stored


def test_a_payload_is_worthless_in_another_row(
    sessions: Sessions, login: Login, postgres_admin: Callable[[str], psycopg.Connection]
) -> None:
    mine = sessions.open(login)
    theirs = sessions.open(replace(login, subject="other", name="Somebody Else"))
    with postgres_admin("portal") as connection:
        connection.execute(
            "UPDATE logins SET payload = (SELECT payload FROM logins WHERE subject = 'other') "
            "WHERE subject = 'b7c1'"
        )
    assert sessions.load(mine, renew=never) is None
    assert sessions.load(theirs, renew=never) is not None


def test_another_root_key_ends_every_login(
    sessions: Sessions, login: Login, postgres_url: PostgresUrl, fake_clock: FakeClock
) -> None:
    raw = sessions.open(login)
    changed = Sessions(make_engine(postgres_url("portal"), threads=1), secret=SECRET[::-1], clock=fake_clock)
    assert changed.load(raw, renew=never) is None
    changed.dispose()


def test_half_an_hour_of_silence_ends_a_login(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    raw = sessions.open(login)
    fake_clock.advance(seconds=IDLE_LIMIT.total_seconds() + 1)
    assert sessions.load(raw, renew=never) is None


def test_use_keeps_a_login_but_not_beyond_ten_hours(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    raw = sessions.open(login)

    for _ in range(23):
        fake_clock.advance(minutes=25)
        assert sessions.load(raw, renew=lasting(fake_clock)) is not None
    assert fake_clock.advance(minutes=25) == login.tokens.expires_at - timedelta(minutes=5) + ABSOLUTE_LIMIT
    assert sessions.load(raw, renew=lasting(fake_clock)) is None


def test_what_a_page_asks_by_itself_keeps_no_login(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    raw = sessions.open(login)

    for _ in range(7):
        fake_clock.advance(minutes=4)
        assert sessions.load(raw, renew=lasting(fake_clock), in_use=False) is not None
    fake_clock.advance(minutes=4)
    assert sessions.load(raw, renew=lasting(fake_clock), in_use=False) is None


def test_what_has_ended_is_deleted_in_passing(
    sessions: Sessions,
    login: Login,
    fake_clock: FakeClock,
    postgres_admin: Callable[[str], psycopg.Connection],
) -> None:
    sessions.open(login)
    fake_clock.advance(hours=1)
    sessions.load("somebody else's id", renew=never)
    with postgres_admin("portal") as connection:
        count = connection.execute("SELECT count(*) FROM logins").fetchone()
    assert count == (0,)


def test_parallel_requests_refresh_once(sessions: Sessions, login: Login, fake_clock: FakeClock) -> None:
    raw = sessions.open(login)
    fake_clock.advance(minutes=4, seconds=45)
    asked: list[str] = []
    gate = threading.Barrier(6)

    def renew(tokens: Tokens) -> Tokens:
        asked.append(tokens.refresh)
        return Tokens("access-2", "refresh-2", tokens.identity, fake_clock.now() + timedelta(minutes=5))

    found: list[Login | None] = []

    def request() -> None:
        gate.wait()
        found.append(sessions.load(raw, renew=renew))

    threads = [threading.Thread(target=request) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == ["refresh-1"]
    assert {one.tokens.access for one in found if one} == {"access-2"}
    assert len(found) == 6


def test_a_login_that_the_provider_ended_is_gone(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    raw = sessions.open(login)
    fake_clock.advance(minutes=5)
    assert sessions.load(raw, renew=lambda tokens: None) is None
    assert sessions.load(raw, renew=never) is None


def test_back_channel_logout_ends_all_logins_of_that_session(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    ended = [sessions.open(login), sessions.open(login)]
    kept = sessions.open(replace(login, provider_sid="sid-2"))
    notice = LogoutNotice(login.issuer, "sid-1", "", "jti-1", fake_clock.now() + timedelta(minutes=5))
    assert sessions.obey(replace(notice, issuer="https://other.example")) == 0
    assert sessions.obey(replace(notice, subject="somebody else", jti="jti-2")) == 0
    assert sessions.obey(notice) == 2
    assert [sessions.load(raw, renew=never) for raw in ended] == [None, None]
    assert sessions.load(kept, renew=never) is not None
    assert sessions.obey(notice) is None


def test_an_obeyed_logout_is_remembered_until_its_token_is_too_old(
    sessions: Sessions,
    login: Login,
    fake_clock: FakeClock,
    postgres_admin: Callable[[str], psycopg.Connection],
) -> None:
    notice = LogoutNotice(login.issuer, "sid-1", "", "jti-1", fake_clock.now() + timedelta(minutes=5))
    sessions.obey(notice)
    for minutes, left in ((4, 1), (2, 0)):
        fake_clock.advance(minutes=minutes)
        sessions.load("nobody", renew=never)
        with postgres_admin("portal") as connection:
            assert connection.execute("SELECT count(*) FROM logout_tokens").fetchone() == (left,)


def test_ones_own_logins_are_listed_and_ended_together(
    sessions: Sessions, login: Login, fake_clock: FakeClock
) -> None:
    first = sessions.open(login, device="firefox/windows")
    sessions.open(replace(login, subject="other"))
    sessions.open(replace(login, issuer="https://other.example"))
    fake_clock.advance(minutes=10)
    second = sessions.open(replace(login, provider_sid="sid-2"), device="safari/iphone")
    assert [(one.device, one.here) for one in sessions.own(second, login=login)] == [
        ("safari/iphone", True),
        ("firefox/windows", False),
    ]
    fake_clock.advance(minutes=25)
    assert [one.device for one in sessions.own(second, login=login)] == ["safari/iphone"]
    assert {one.provider_sid for one in sessions.close_all_of(login)} == {"sid-1", "sid-2"}
    assert sessions.own(second, login=login) == []
    assert sessions.load(first, renew=never) is None
