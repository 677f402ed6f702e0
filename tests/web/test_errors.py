"""Failures become pages that say what happened, what was kept and what to do."""

from collections.abc import Callable

import pytest

from kernel.errors import (
    Aborted,
    DeadlineExceeded,
    DomainError,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from kernel.web.application import Web
from tests.web.sample import raiser


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InvalidArgument("x"), 400, "nicht vollständig"),
        (PermissionDenied("x"), 403, "nicht zugänglich"),
        (NotFound("x"), 404, "finden wir nicht"),
        (Aborted("x"), 409, "Jemand war schneller"),
        (FailedPrecondition("x"), 409, "Jemand war schneller"),
        (ResourceExhausted("x"), 429, "zu viel auf einmal"),
        (Unavailable("x"), 503, "gerade nicht erreichbar"),
        (DeadlineExceeded("x"), 503, "gerade nicht erreichbar"),
        (Internal("x"), 500, "bei uns"),
    ],
)
def test_each_failure_has_its_page(
    make_web: Callable[..., Web], error: DomainError, status: int, words: str
) -> None:
    answer = make_web(fail=raiser(error)).app.test_client().get("/fail")
    assert answer.status_code == status
    assert words.lower() in answer.text.lower()
    for heading in ("Was geschehen ist", "Was erhalten blieb", "Was Sie tun können"):
        assert heading in answer.text


def test_a_login_that_a_service_refuses_starts_anew(make_web: Callable[..., Web]) -> None:
    answer = make_web(fail=raiser(Unauthenticated("x"))).app.test_client().get("/fail")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_the_reference_of_the_service_is_shown(make_web: Callable[..., Web]) -> None:
    error = Internal("x", metadata={"reference": "4f2a91c0"})
    assert "4f2a91c0" in make_web(fail=raiser(error)).app.test_client().get("/fail").text


def test_an_unexpected_error_shows_and_logs_nothing_from_inside(
    make_web: Callable[..., Web], caplog: pytest.LogCaptureFixture
) -> None:
    error = ValueError("annika@sommer.example is not a number")
    answer = make_web(fail=raiser(error)).app.test_client().get("/fail")
    assert answer.status_code == 500
    assert "annika" not in answer.text
    assert "annika" not in caplog.text
    assert any("ValueError" in str(record.__dict__.get("fields")) for record in caplog.records)


def test_a_fragment_gets_a_fragment(make_web: Callable[..., Web]) -> None:
    client = make_web(fail=raiser(Unavailable("x"))).app.test_client()
    answer = client.get("/fail", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text


def test_pages_stand_without_the_session_database(make_web: Callable[..., Web]) -> None:
    client = make_web(database_url="postgresql+psycopg://x:x@127.0.0.1:9/x").app.test_client()
    client.set_cookie("kontor-portal-login", "some-id")
    answer = client.get("/mine")
    assert answer.status_code == 503
    assert "Alles, was Sie vorher gesendet haben" in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
