"""The page's own token: one question for all threads, and an old token that is good is used to its end."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kernel import tokens as token_times
from kernel.errors import Unavailable
from kernel.web import calls
from kernel.web.calls import OwnToken
from tests.web.sample import settings
from tests.web.token_door import TokenDoor, token_door

# Far longer than an answer on loopback takes.
ENOUGH_S = 20.0


class Now:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    clock = Now()
    monkeypatch.setattr(calls, "monotonic", clock)
    monkeypatch.setattr(token_times, "monotonic", clock)
    return clock


@pytest.fixture
def door() -> Iterator[TokenDoor]:
    with token_door() as opened:
        yield opened


@pytest.fixture
def own_token(door: TokenDoor, now: Now) -> OwnToken:
    return OwnToken(settings(oidc_issuer=door.issuer, database_url="postgresql://nobody.example/x"))


def test_a_token_is_asked_for_once_and_anew_at_half_its_life(
    own_token: OwnToken, door: TokenDoor, now: Now
) -> None:
    assert [own_token(), own_token()] == ["first", "first"]
    door.give("second", lifetime_s=300)
    now.seconds += 149
    assert own_token() == "first"
    now.seconds += 2
    assert own_token() == "second"
    assert door.asked == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, "down"),
        (401, {"error": "invalid_client"}),
        (200, "<html>a proxy</html>"),
        (200, {}),
        (200, ["token"]),
    ],
)
def test_while_the_provider_gives_none_the_old_token_opens_doors_to_its_end(
    own_token: OwnToken, door: TokenDoor, now: Now, status: int, body: object
) -> None:
    own_token()
    door.refuse(status, body)
    now.seconds += 200
    assert own_token() == "first"
    now.seconds += 80
    assert own_token() == "first"
    now.seconds += 20
    with pytest.raises(Unavailable):
        own_token()
    door.give("second", lifetime_s=300)
    now.seconds += 2
    assert own_token() == "second"


def test_after_a_refusal_the_provider_is_left_alone_for_a_moment(
    own_token: OwnToken, door: TokenDoor, now: Now
) -> None:
    door.refuse(503, "down")
    for _ in range(5):
        with pytest.raises(Unavailable):
            own_token()
    assert door.asked == 1
    now.seconds += 2
    with pytest.raises(Unavailable):
        own_token()
    assert door.asked == 2


def test_while_one_thread_renews_the_others_go_on_with_the_old_token(
    own_token: OwnToken, door: TokenDoor, now: Now
) -> None:
    own_token()
    door.give("second", lifetime_s=300)
    door.open.clear()
    now.seconds += 160
    with ThreadPoolExecutor(1) as renewing:
        renewer = renewing.submit(own_token)
        assert door.visited.wait(ENOUGH_S)
        assert [own_token() for _ in range(5)] == ["first"] * 5
        door.open.set()
        assert renewer.result(ENOUGH_S) == "second"
    assert door.asked == 2


def test_threads_without_any_token_ask_together(own_token: OwnToken, door: TokenDoor) -> None:
    gate = threading.Barrier(6)

    def ask() -> str:
        gate.wait()
        return own_token()

    with ThreadPoolExecutor(6) as threads:
        assert {asked.result() for asked in [threads.submit(ask) for _ in range(6)]} == {"first"}
    assert door.asked == 1
