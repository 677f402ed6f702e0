"""Staff asks for a consent: what is asked for, and what is said when nobody may be asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1 import consent_life_pb2 as life_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import FailedPrecondition
from services.gateway.contacts import questions
from tests.gateway.conftest import LogIn
from tests.gateway.desk import CONTACT, post

PATH = f"/contacts/{CONTACT}/ask/newsletter"
TOO_SOON = FailedPrecondition(
    "no", reason="ASKED_TOO_SOON", metadata={"said": "2026-03-02", "again": "2027-03-02"}
)


class Life:
    """Keeps what was asked, or refuses."""

    def __init__(self) -> None:
        self.asked: list[life_pb2.AskConsentRequest] = []
        self.error: FailedPrecondition | None = None

    def AskConsent(self, asked: life_pb2.AskConsentRequest) -> privacy_pb2.Consent:
        if self.error is not None:
            raise self.error
        self.asked.append(asked)
        return privacy_pb2.Consent()


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Life:
    life = Life()
    contact = Contact(id=CONTACT, given_name="Anna", family_name="Sommer", language="fr")
    stubs = SimpleNamespace(contacts=SimpleNamespace(GetContact=lambda _asked: contact), consent_life=life)
    monkeypatch.setattr(questions, "clients", lambda: stubs)
    monkeypatch.setattr(questions, "topics", lambda: {"newsletter": "Newsletter"})
    return life


def test_looking_asks_nobody_and_the_word_asks_in_a_language_of_the_texts(log_in: LogIn, life: Life) -> None:
    browser = log_in("agent")
    assert "Es geht keine Mail hinaus" in browser.get(PATH, headers={"Accept-Language": "de"}).text
    assert life.asked == []
    answer = post(browser, PATH, form_at=PATH)
    assert (answer.status_code, answer.location) == (303, f"/contacts/{CONTACT}")
    assert [(each.contact_id, each.topic, each.language) for each in life.asked] == [
        (CONTACT, "newsletter", "de")
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TOO_SOON, ["2. März 2026", "2. März 2027"]),
        (FailedPrecondition("no", reason="CONSENT_STANDS"), ["gilt bereits"]),
        (FailedPrecondition("no", reason="PROCESSING_RESTRICTED"), ["eingeschränkt"]),
    ],
    ids=lambda value: getattr(value, "reason", ""),
)
def test_why_nobody_was_asked_is_said_in_words(
    log_in: LogIn, life: Life, error: FailedPrecondition, words: list[str]
) -> None:
    life.error = error
    browser = log_in("manager")
    post(browser, PATH, form_at=PATH)
    with browser.session_transaction() as session:
        said = " ".join(str(text) for _tone, text in session["_flashes"])
    assert all(word in said for word in words)
