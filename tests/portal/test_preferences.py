"""What preferences, by login and by link, and the start page say of a consent that no longer counts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from kontor.campaigns.v1 import campaigns_pb2
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import consent_chains_pb2 as chains_pb2
from kontor.privacy.v1 import privacy_pb2
from kontor.privacy.v1.consent_life_pb2 import RefuseConsentRequest

from kernel.errors import FailedPrecondition
from services.portal.home import views as home
from services.portal.preferences import views
from services.portal.preferences.customer import Customer
from tests.portal.conftest import LogIn

CONSENT = "0198f0a0-0000-7000-8000-000000000001"
EXPIRED = "Ihre Einwilligung ist abgelaufen"


def shown_to(
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    *,
    state: int = privacy_pb2.CONSENT_STATE_GIVEN,
    reason: str = "",
    asked: Sequence[privacy_pb2.Consent] = (),
    **stubs: object,
) -> FlaskClient:
    """A browser whose page has one topic in this state, about which a permit says this."""
    consent = privacy_pb2.Consent(
        id=CONSENT,
        topic="newsletter",
        state=privacy_pb2.ConsentState.ValueType(state),
    )
    answer = privacy_pb2.ListConsentsResponse(consents=[consent], asked=asked)
    consents = SimpleNamespace(ListConsents=lambda _asked: answer)
    found = SimpleNamespace(consents=consents, refusal=lambda _contact, _topic: reason, **stubs)
    text = privacy_pb2.ConsentText(
        id="t", topic="newsletter", title="Newsletter", text="Neuer Text", version=2
    )
    monkeypatch.setattr(views, "clients", lambda: found)
    monkeypatch.setattr(views, "consent_texts", lambda: [text])
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id="p"))
    monkeypatch.setattr(views, "standing", lambda _contact: Customer())
    return log_in("customer")


def shown(
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    *,
    state: int,
    reason: str,
    asked: Sequence[privacy_pb2.Consent] = (),
) -> str:
    """The page itself."""
    browser = shown_to(log_in, monkeypatch, state=state, reason=reason, asked=asked)
    return browser.get("/preferences", headers={"Accept-Language": "de"}).text


def test_a_consent_to_an_older_text_does_not_look_ordered(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_GIVEN, reason="expired")
    assert EXPIRED in page
    assert "Sie erhalten das" not in page
    assert "Sperrliste" not in page
    # Both ways stay open: to agree anew, and to withdraw what was given.
    assert page.count('name="to" value="on"') == 1
    assert page.count('name="to" value="off"') == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [(privacy_pb2.CONSENT_STATE_EXPIRED, ""), (privacy_pb2.CONSENT_STATE_GIVEN, "lapsed")],
)
def test_what_time_has_ended_says_so_and_not_that_the_text_has_changed(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, state: int, reason: str
) -> None:
    page = shown(log_in, monkeypatch, state=state, reason=reason)
    assert EXPIRED in page
    assert "so viel Zeit vergangen" in page
    assert "früheren Text" not in page
    assert "Sie erhalten das" not in page


def test_a_question_has_two_answers_of_the_same_weight(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = privacy_pb2.Consent(topic="newsletter", state=privacy_pb2.CONSENT_STATE_REQUESTED)
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_REFUSED, reason="", asked=[asked])
    assert "Wir fragen Sie" in page
    assert [page.count(f'name="to" value="{to}"') for to in ("on", "no", "off")] == [1, 1, 0]
    assert page.count('<button class="btn" type="submit" aria-label') == 2


def test_a_no_is_shown_as_what_it_is(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_REFUSED, reason="")
    assert "Sie haben abgelehnt" in page
    assert [page.count(f'name="to" value="{to}"') for to in ("on", "no", "off")] == [1, 0, 0]


def test_saying_no_tells_the_ledger_which_text_was_shown(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[RefuseConsentRequest] = []
    life = SimpleNamespace(RefuseConsent=told.append)
    browser = shown_to(log_in, monkeypatch, consent_life=life)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/preferences").text)
    assert token is not None
    form = {"topic": "newsletter", "to": "no", "text_id": "t", "request_id": str(uuid.uuid4())}
    assert browser.post("/preferences", data={"csrf_token": token[1], **form}).status_code == 303
    assert [(each.contact_id, each.topic, each.text_id) for each in told] == [("p", "newsletter", "t")]


@pytest.mark.parametrize("reason", ["", "bounce"])
def test_what_holds_or_is_refused_for_another_reason_has_not_expired(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_GIVEN, reason=reason)
    assert EXPIRED not in page
    assert ("kamen zurück" in page or "zurückgekommen" in page) == bool(reason)


@pytest.mark.parametrize(
    ("form", "kind"), [("pdf", chains_pb2.PAPER_FORMAT_PDF), ("json", chains_pb2.PAPER_FORMAT_JSON)]
)
def test_a_proof_is_asked_for_the_own_contact_only_and_comes_as_a_file(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, form: str, kind: int
) -> None:
    asked: list[chains_pb2.GetConsentPaperRequest] = []

    def paper(request: chains_pb2.GetConsentPaperRequest) -> chains_pb2.ConsentPaper:
        asked.append(request)
        return chains_pb2.ConsentPaper(file_name=f"x.{form}", media_type="application/x", content=b"proof")

    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_GIVEN, reason="")
    assert f'href="/preferences/proofs/{CONSENT}.{form}"' in page
    stubs = SimpleNamespace(consent_chains=SimpleNamespace(GetConsentPaper=paper))
    monkeypatch.setattr(views, "clients", lambda: stubs)
    answer = log_in("customer").get(f"/preferences/proofs/{CONSENT}.{form}")
    assert (answer.data, answer.headers["Content-Disposition"]) == (
        b"proof",
        f"attachment; filename=x.{form}",
    )
    assert [(each.contact_id, each.consent_id, each.format) for each in asked] == [("p", CONSENT, kind)]


def test_a_consent_of_today_says_from_when_on_it_can_be_proven(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paper(_request: chains_pb2.GetConsentPaperRequest) -> chains_pb2.ConsentPaper:
        raise FailedPrecondition("no", reason="NOT_YET_SIGNED")

    browser = shown_to(log_in, monkeypatch, consent_chains=SimpleNamespace(GetConsentPaper=paper))
    answer = browser.get(
        f"/preferences/proofs/{CONSENT}.pdf", follow_redirects=True, headers={"Accept-Language": "de"}
    )
    assert "ab morgen" in answer.text


@pytest.mark.parametrize(
    ("subscribed", "refused", "said"),
    [
        (True, "", "Sie erhalten das"),
        (True, "expired", EXPIRED),
        (False, "lapsed", EXPIRED),
        (True, "bounce", "Bestellt, wird aber nicht gesendet"),
        (False, "", "Sie erhalten das nicht"),
    ],
)
def test_a_link_shows_what_the_permit_would_say(
    app: Flask, monkeypatch: pytest.MonkeyPatch, subscribed: bool, refused: str, said: str
) -> None:
    entry = campaigns_pb2.TopicPreference(topic="newsletter", subscribed=subscribed, refused=refused)
    answer = campaigns_pb2.Preferences(topics=[entry], language="de")
    stubs = SimpleNamespace(links=SimpleNamespace(GetPreferences=lambda _asked: answer))
    text = privacy_pb2.ConsentText(
        id="t", topic="newsletter", title="Newsletter", text="Neuer Text", version=2
    )
    monkeypatch.setattr(views, "clients", lambda: stubs)
    monkeypatch.setattr(views, "consent_texts", lambda: [text])
    page = app.test_client().get("/preferences/a-token", headers={"Accept-Language": "de"}).text
    badges = re.findall(r'class="k-badge[^>]*>(?:<svg.*?</svg>)?\s*([^<]+)', page, re.DOTALL)
    assert [badge.strip() for badge in badges] == [said]


@pytest.mark.parametrize(
    ("reason", "said"),
    [("", "Mails zu einem Thema"), ("expired", "keinen Newsletter"), ("bounce", "keinen Newsletter")],
)
def test_the_start_page_counts_what_arrives_and_not_what_was_once_given(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str, said: str
) -> None:
    given = [
        privacy_pb2.Consent(id="c", topic="newsletter", state=state, channel=channel)
        for state, channel in (
            (privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CHANNEL_EMAIL),
            (privacy_pb2.CONSENT_STATE_GIVEN, privacy_pb2.CHANNEL_PHONE),
        )
    ]
    answer = privacy_pb2.ListConsentsResponse(consents=given)
    none = SimpleNamespace(tickets=[], requests=[])
    stubs = SimpleNamespace(
        consents=SimpleNamespace(ListConsents=lambda _asked: answer),
        tickets=SimpleNamespace(ListTickets=lambda _asked: none),
        requests=SimpleNamespace(ListRequests=lambda _asked: none),
        refusal=lambda _contact, _topic: reason,
    )
    monkeypatch.setattr(home, "clients", lambda: stubs)
    monkeypatch.setattr(home, "own_contact", lambda: Contact(id="p", given_name="Zoë"))
    assert said in log_in("customer").get("/", headers={"Accept-Language": "de"}).text
