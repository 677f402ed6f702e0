"""What preferences, by login and by link, and the start page say of a consent that no longer counts."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from kontor.campaigns.v1 import campaigns_pb2
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import privacy_pb2

from services.portal.home import views as home
from services.portal.preferences import views
from tests.portal.conftest import LogIn

EXPIRED = "Ihre Einwilligung ist abgelaufen"


def shown(log_in: LogIn, monkeypatch: pytest.MonkeyPatch, *, state: int, reason: str) -> str:
    """The page with one topic in this state, about which a permit says this."""
    consent = privacy_pb2.Consent(id="c", topic="newsletter", state=privacy_pb2.ConsentState.ValueType(state))
    consents = SimpleNamespace(
        ListConsents=lambda _asked: privacy_pb2.ListConsentsResponse(consents=[consent])
    )
    stubs = SimpleNamespace(consents=consents, refusal=lambda _contact, _topic: reason)
    text = privacy_pb2.ConsentText(
        id="t", topic="newsletter", title="Newsletter", text="Neuer Text", version=2
    )
    monkeypatch.setattr(views, "clients", lambda: stubs)
    monkeypatch.setattr(views, "consent_texts", lambda: [text])
    monkeypatch.setattr(views, "own_contact", lambda: Contact(id="p"))
    consent.id = "0198f0a0-0000-7000-8000-000000000001"
    return log_in("customer").get("/preferences", headers={"Accept-Language": "de"}).text


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


def test_a_record_that_has_expired_says_so(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_EXPIRED, reason="")
    assert EXPIRED in page


@pytest.mark.parametrize("reason", ["", "bounce"])
def test_what_holds_or_is_refused_for_another_reason_has_not_expired(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    page = shown(log_in, monkeypatch, state=privacy_pb2.CONSENT_STATE_GIVEN, reason=reason)
    assert EXPIRED not in page
    assert ("kamen zurück" in page or "zurückgekommen" in page) == bool(reason)


@pytest.mark.parametrize(
    ("subscribed", "refused", "said"),
    [
        (True, "", "Sie erhalten das"),
        (True, "expired", EXPIRED),
        (False, "expired", EXPIRED),
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
