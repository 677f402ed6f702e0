"""The own blocked addresses: what they prevent, which of them can be taken off, and what that does not mean."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import own_suppressions_pb2 as own_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import DomainError, FailedPrecondition, NotFound
from services.portal.suppressions import views
from tests.portal.conftest import LogIn

ENTRY = "0198f0a0-0000-7000-8000-000000000001"


def stubbed(
    monkeypatch: pytest.MonkeyPatch, *entries: own_pb2.OwnSuppression, error: DomainError | None = None
) -> list[own_pb2.LiftOwnSuppressionRequest]:
    """The page's service; answers the wishes that reached it."""
    wishes: list[own_pb2.LiftOwnSuppressionRequest] = []

    def lift(wish: own_pb2.LiftOwnSuppressionRequest) -> own_pb2.LiftOwnSuppressionResponse:
        wishes.append(wish)
        if error is not None:
            raise error
        return own_pb2.LiftOwnSuppressionResponse()

    stub = SimpleNamespace(
        ListOwnSuppressions=lambda _asked: own_pb2.ListOwnSuppressionsResponse(suppressions=entries),
        LiftOwnSuppression=lift,
    )
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(own_suppressions=stub))
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id="p"))
    return wishes


def entry(reason: str, obstacle: str = "") -> own_pb2.OwnSuppression:
    return own_pb2.OwnSuppression(
        id=ENTRY,
        channel=privacy_pb2.CHANNEL_EMAIL,
        address="anna@example.org",
        reason=reason,
        obstacle=obstacle,
    )


def shown(log_in: LogIn) -> str:
    return log_in("customer").get("/suppressions", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize("reason", ["erasure", "objection", "import"])
def test_what_is_the_persons_can_be_taken_off_and_says_what_it_is_not(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    stubbed(monkeypatch, entry(reason))
    page = shown(log_in)
    assert f"/suppressions/{ENTRY}/lift" in page
    assert "keine Einwilligung" in page
    assert "Keine Werbung per E-Mail" in page


@pytest.mark.parametrize(
    ("reason", "obstacle", "said"),
    [
        ("bounce", "bounce", "Ein Klick lässt keine Mails ankommen"),
        ("staff", "staff", "Nur unsere Mitarbeitenden"),
        ("objection", "not-proven", "die Ihr Zugang bestätigt hat"),
        ("tomorrow", "tomorrow", "Nur unsere Mitarbeitenden"),
    ],
)
def test_what_is_not_says_why_and_what_helps(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str, obstacle: str, said: str
) -> None:
    stubbed(monkeypatch, entry(reason, obstacle))
    page = shown(log_in)
    assert "/lift" not in page
    assert said in page


def test_nothing_is_blocked(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    stubbed(monkeypatch)
    assert "Keine Ihrer Adressen ist gesperrt" in shown(log_in)


@pytest.mark.parametrize(
    ("error", "leads_to"),
    [(None, "/preferences"), (NotFound("no"), "/suppressions"), (FailedPrecondition("no"), "/suppressions")],
)
def test_a_wish_arrives_once_with_the_own_contact(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, error: DomainError | None, leads_to: str
) -> None:
    wishes = stubbed(monkeypatch, entry("objection"), error=error)
    client = log_in("customer")
    page = client.get("/suppressions").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "request_id": str(uuid.uuid4())}
    answer = client.post(f"/suppressions/{ENTRY}/lift", data=form)
    assert (answer.status_code, answer.location) == (303, leads_to)
    assert [(wish.contact_id, wish.id) for wish in wishes] == [("p", ENTRY)]
    assert client.post(f"/suppressions/{ENTRY}/lift", data={**form, "request_id": "x"}).status_code == 400
    assert len(wishes) == 1
