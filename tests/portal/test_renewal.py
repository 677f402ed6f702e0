"""The page behind the link of a renewal mail: two buttons of the same weight, and what each tells the service."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from kontor.campaigns.v1 import renewals_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from services.portal.renewal import views
from tests.portal.conftest import LogIn

GERMAN = {"Accept-Language": "de"}


class Renewals:
    """One question; keeps the answers, or refuses them."""

    def __init__(self) -> None:
        self.standing = renewals_pb2.Renewal(topic="newsletter", open=True, last_day="2027-03-12")
        self.answers: list[renewals_pb2.AnswerRenewalRequest] = []
        self.error: Exception | None = None

    def GetRenewal(self, asked: renewals_pb2.GetRenewalRequest) -> renewals_pb2.Renewal:
        if asked.token != "known":
            raise NotFound("no")
        return self.standing

    def AnswerRenewal(self, answer: renewals_pb2.AnswerRenewalRequest) -> renewals_pb2.Renewal:
        if self.error is not None:
            raise self.error
        self.answers.append(answer)
        return self.standing


@pytest.fixture
def renewals(monkeypatch: pytest.MonkeyPatch) -> Renewals:
    renewals = Renewals()
    text = privacy_pb2.ConsentText(id=str(uuid.uuid4()), topic="newsletter", title="Newsletter", text="Wort")
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(renewals=renewals))
    monkeypatch.setattr(views, "consent_texts", lambda: [text])
    return renewals


def press(browser: FlaskClient, to: str) -> object:
    page = browser.get("/renewal/known").text
    values = dict(re.findall(r'name="(csrf_token|request_id|text_id)" value="([^"]+)"', page))
    return browser.post("/renewal/known", data={**values, "to": to}, headers=GERMAN)


def test_looking_changes_nothing_and_both_ways_weigh_the_same(log_in: LogIn, renewals: Renewals) -> None:
    page = log_in("customer").get("/renewal/known", headers=GERMAN).text
    assert "Ihre Einwilligung endet am 12. März 2027" in page
    assert re.findall(r'<button class="([^"]+)" type="submit">([^<]+)</button>', page)[-2:] == [
        ("btn btn-lg", "Ja, erneuern"),
        ("btn btn-lg", "Nein, beenden"),
    ]
    assert renewals.answers == []


@pytest.mark.parametrize("to", ["renew", "end"])
def test_what_was_pressed_is_told_with_the_text_beside_it(log_in: LogIn, renewals: Renewals, to: str) -> None:
    answer = press(log_in("customer"), to)
    assert (answer.status_code, answer.location) == (303, f"/renewal/known?done={to}")  # type: ignore[attr-defined]
    (told,) = renewals.answers
    assert (told.renew, bool(told.text_id)) == (to == "renew", to == "renew")
    # The token is the person's key: it stands in no evidence.
    assert told.form_url.endswith("/renewal/")


def test_a_text_that_changed_meanwhile_is_shown_anew(log_in: LogIn, renewals: Renewals) -> None:
    renewals.error = InvalidArgument("no", reason="TEXT_OUTDATED")
    answer = press(log_in("customer"), "renew")
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "Der Text hat sich" in answer.text  # type: ignore[attr-defined]


def test_what_has_ended_says_so_after_a_late_yes(log_in: LogIn, renewals: Renewals) -> None:
    browser = log_in("customer")
    renewals.error = FailedPrecondition("no", reason="RENEWAL_OVER")
    assert press(browser, "renew").location == "/renewal/known"  # type: ignore[attr-defined]
    renewals.standing = renewals_pb2.Renewal(topic="newsletter")
    for path in ("/renewal/known", "/renewal/known?done=renew"):
        page = browser.get(path, headers=GERMAN).text
        assert "Sie erhalten nichts mehr zu „Newsletter“" in page
        assert "Erneuert" not in page


def test_a_foreign_link_is_said_in_words(log_in: LogIn, renewals: Renewals) -> None:
    answer = log_in("customer").get("/renewal/unknown", headers=GERMAN)
    assert answer.status_code == 404
    assert "Diesen Link kennen wir nicht" in answer.text
