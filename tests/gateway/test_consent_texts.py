"""Consent texts at the gateway: who may do what, what is shown of a draft, and what happens when two are at it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from kontor.privacy.v1 import consent_texts_pb2 as wire
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import Aborted, DomainError, FailedPrecondition, Unavailable
from services.gateway.consent_texts.differences import differences
from tests.gateway.conftest import LogIn
from tests.gateway.desk import post
from tests.web.neighbours import Neighbours
from tests.web.people import STAFF

DRAFT = str(uuid.UUID(int=9))
AT = f"/consent-texts/drafts/{DRAFT}"
WRITTEN = {
    "topic": "trade-fairs",
    "de-title": "Messen",
    "de-text": "Ich möchte Einladungen zu Messen.",
    "de-withdrawal_notice": "Widerruf jederzeit.",
    "en-title": "Fairs",
    "en-text": "I would like invitations to fairs.",
    "en-withdrawal_notice": "Withdraw at any time.",
}


def version(number: int, words: str, language: str = "de") -> wire.ConsentTextVersion:
    text = privacy_pb2.ConsentText(
        id=f"{language}{number}", topic="newsletter", language=language, version=number,
        title="Rundbrief", text=words, withdrawal_notice="Widerruf jederzeit.", sha256=b"\xab" * 32,
    )  # fmt: skip
    return wire.ConsentTextVersion(text=text, authors=["mia"], approved_by="dora")


def draft(
    *, languages: tuple[str, ...] = ("de", "en"), authors: tuple[str, ...] = ("mia",), **values: Any
) -> wire.ConsentDraft:
    translations = [
        wire.ConsentTranslation(
            language=each,
            title="Rundbrief",
            text="Ich will <b>mehr</b> Post.",
            withdrawal_notice="Widerruf jederzeit.",
        )
        for each in languages
    ]
    return wire.ConsentDraft(
        id=DRAFT, topic="newsletter", translations=translations, authors=authors, etag="e1", **values
    )


@pytest.fixture
def texts(neighbours: Neighbours) -> Neighbours:
    """A topic of two versions, the second shown now, and one draft about it."""
    topic = wire.ConsentTopic(topic="newsletter", version=2, languages=["de", "en"])
    found = [
        version(1, "Ich will Post."),
        version(1, "I want mail.", "en"),
        version(2, "Ich will viel Post."),
        version(2, "I want much mail.", "en"),
    ]
    uses = [
        wire.ConsentTextUse(
            topic="newsletter", text_id="de2", form_url="https://portal.example/newsletter", count=1_200
        ),
        wire.ConsentTextUse(topic="newsletter", text_id="de1", form_url="https://old.example/form", count=34),
        wire.ConsentTextUse(topic="newsletter", text_id="de2", count=5),
    ]
    answers: dict[str, Callable[[Any], Any]] = {
        "ListConsentTopics": lambda _: wire.ListConsentTopicsResponse(topics=[topic]),
        "ListConsentTextVersions": lambda _: wire.ListConsentTextVersionsResponse(versions=found),
        "ListConsentTextUses": lambda _: wire.ListConsentTextUsesResponse(uses=uses),
        "ListConsentDrafts": lambda _: wire.ListConsentDraftsResponse(drafts=[draft(handed_in_by="mia")]),
        "GetConsentDraft": lambda _: draft(handed_in_by="mia"),
    }
    neighbours.answers.update({f"ConsentTexts.{name}": answer for name, answer in answers.items()})
    return neighbours


def test_the_list_says_what_is_shown_what_waits_and_how_many_consents_stand_on_it(
    log_in: LogIn, texts: Neighbours
) -> None:
    page = log_in("marketer").get("/consent-texts").text
    assert "1.239" in page
    assert "wartet auf Freigabe" in page
    assert f'href="{AT}"' in page
    texts.answers["ConsentTexts.ListConsentTextUses"] = lambda _: Unavailable("down")
    page = log_in("dpo").get("/consent-texts").text
    assert "nicht zählen" in page
    assert "wartet auf Freigabe" in page


def test_versions_stand_side_by_side_with_what_changed_and_where_they_were_shown(
    log_in: LogIn, texts: Neighbours
) -> None:
    page = log_in("dpo").get("/consent-texts/topics/newsletter").text
    assert "<ins>viel </ins>" in page
    assert page.index("Fassung 2") < page.index("Fassung 1")
    assert "https://old.example/form" in page
    assert "1.205" in page
    assert "I want" not in page
    assert "I want" in log_in("dpo").get("/consent-texts/topics/newsletter?language=en").text
    assert log_in("dpo").get("/consent-texts/topics/newsletter?language=xx").status_code == 200


def test_a_draft_is_shown_as_people_will_see_it_and_what_it_changes(log_in: LogIn, texts: Neighbours) -> None:
    page = log_in("dpo").get(AT).text
    assert "&lt;b&gt;mehr&lt;/b&gt;" in page
    assert "<del>viel</del>" in page
    assert "Genau das freigeben" in page
    texts.answers["ConsentTexts.GetConsentDraft"] = lambda _: draft(languages=("de",))
    page = log_in("marketer").get(AT).text
    assert "Englisch fehlt" in page
    assert "Zur Freigabe einreichen" not in page


def test_nobody_is_offered_to_approve_what_they_wrote_or_what_was_not_handed_in(
    log_in: LogIn, texts: Neighbours
) -> None:
    browser = log_in("dpo", "marketer")
    texts.answers["ConsentTexts.GetConsentDraft"] = lambda _: draft(
        handed_in_by="mia", authors=(STAFF["subject"],)
    )
    page = browser.get(AT).text
    assert "Genau das freigeben" not in page
    assert "Jemand anderes muss ihn freigeben" in page
    texts.answers["ConsentTexts.GetConsentDraft"] = lambda _: draft()
    assert "Genau das freigeben" not in log_in("dpo").get(AT).text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FailedPrecondition("no", reason="FOUR_EYES"), "Jemand anderes muss ihn freigeben"),
        (Aborted("stale"), "inzwischen geändert"),
        (FailedPrecondition("no", reason="APPROVED"), "schon freigegeben"),
        (FailedPrecondition("no", reason="TRANSLATION_MISSING"), "werden beide gebraucht"),
    ],
)
def test_what_the_service_refuses_is_said_on_the_page_as_it_is_now(
    log_in: LogIn, texts: Neighbours, error: DomainError, said: str
) -> None:
    texts.answers["ConsentTexts.ApproveConsentDraft"] = lambda _: error
    answer = post(log_in("dpo"), f"{AT}/approve", form_at=AT, etag="e1")
    assert (answer.status_code, said in answer.text) == (409, True)
    (asked,) = texts.of("ConsentTexts.ApproveConsentDraft")
    assert (asked.id, asked.etag) == (DRAFT, "e1")


def test_what_is_approved_is_exactly_what_was_read(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.ApproveConsentDraft"] = lambda _: draft(approved_by="dora", version=3)
    answer = post(log_in("dpo"), f"{AT}/approve", form_at=AT, etag="e0")
    assert (answer.status_code, answer.location) == (303, AT)
    assert texts.of("ConsentTexts.ApproveConsentDraft")[0].etag == "e0"


@pytest.mark.parametrize(
    ("role", "path"), [("dpo", "new"), ("marketer", f"drafts/{DRAFT}/approve"), ("agent", ""), ("sales", "")]
)
def test_only_who_may_writes_approves_or_reads(
    log_in: LogIn, texts: Neighbours, role: str, path: str
) -> None:
    browser = log_in(role)
    answer = (
        browser.post(f"/consent-texts/{path}")
        if "approve" in path
        else browser.get(f"/consent-texts/{path}".rstrip("/"))
    )
    assert answer.status_code in (403, 419)
    assert texts.of("ConsentTexts.ApproveConsentDraft") == []


def test_a_draft_is_written_in_both_languages(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.CreateConsentDraft"] = lambda _: draft()
    answer = post(
        log_in("marketer"),
        "/consent-texts/new",
        form_at="/consent-texts/new",
        **WRITTEN,
        effective_on="2027-01-01",
        material="y",
    )
    assert (answer.status_code, answer.location) == (303, AT)
    (asked,) = texts.of("ConsentTexts.CreateConsentDraft")
    assert (asked.topic, asked.material) == ("trade-fairs", True)
    assert asked.effective_time.ToJsonString() == "2026-12-31T23:00:00Z"
    assert [(each.language, each.title) for each in asked.translations] == [("de", "Messen"), ("en", "Fairs")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"en-title": ""}, "alles in einer Sprache"),
        ({"de-text": "   "}, "alles in einer Sprache"),
        ({name: "" for name in WRITTEN if "-" in name and name != "topic"}, "mindestens einer Sprache"),
        ({"topic": "Anna ist krank"}, "Kleinbuchstaben"),
        ({"de-text": "x" * 5_001}, "5"),
        ({"effective_on": "2026-02-30"}, "Diesen Tag gibt es nicht"),
        ({"effective_on": "morgen"}, "Datum"),
    ],
)
def test_what_cannot_be_a_text_is_said_and_nothing_is_lost(
    log_in: LogIn, texts: Neighbours, change: dict[str, str], said: str
) -> None:
    entered = {**WRITTEN, **change}
    answer = post(log_in("marketer"), "/consent-texts/new", form_at="/consent-texts/new", **entered)
    assert answer.status_code == 400
    assert said in answer.text
    assert texts.of("ConsentTexts.CreateConsentDraft") == []
    if entered["en-text"]:
        assert "I would like invitations" in answer.text


def test_one_language_is_enough_for_a_draft(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.CreateConsentDraft"] = lambda _: draft(languages=("de",))
    entered = {name: value for name, value in WRITTEN.items() if not name.startswith("en-")}
    assert (
        post(log_in("marketer"), "/consent-texts/new", form_at="/consent-texts/new", **entered).status_code
        == 303
    )


def test_an_approved_text_is_not_written_anew(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.GetConsentDraft"] = lambda _: draft(approved_by="dora", version=3)
    answer = log_in("marketer").get(f"{AT}/edit", follow_redirects=True)
    assert "nächste Fassung" in answer.text
    assert answer.request.path == AT


def test_two_who_write_at_once_do_not_overwrite_each_other(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.UpdateConsentDraft"] = lambda _: Aborted("stale")
    entered = {**WRITTEN, "topic": "newsletter", "etag": "e0"}
    answer = post(log_in("marketer"), f"{AT}/edit", form_at=f"{AT}/edit", **entered)
    assert answer.status_code == 400
    assert "inzwischen geändert" in answer.text
    assert "Ich möchte Einladungen" in answer.text
    assert texts.of("ConsentTexts.UpdateConsentDraft")[0].etag == "e0"


def test_retiring_says_how_many_consents_it_ends(log_in: LogIn, texts: Neighbours) -> None:
    texts.answers["ConsentTexts.RetireConsentTopic"] = lambda _: wire.RetireConsentTopicResponse()
    at = "/consent-texts/topics/newsletter/retire"
    browser = log_in("dpo")
    assert "1239 Einwilligungen" in browser.get(at).text.replace(".", "")
    assert post(browser, at, form_at=at).status_code == 303
    assert [each.topic for each in texts.of("ConsentTexts.RetireConsentTopic")] == ["newsletter"]
    assert browser.get("/consent-texts/topics/nothing/retire").status_code == 404


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "Neu."),
        ("Alt.", ""),
        ("Ein Wort.", "Ein anderes Wort."),
        ("a " * 2_500, "b " * 2_500),
        ("Zeile\n\nzwei", "Zeile\nzwei"),
        ("", ""),
    ],
)
def test_what_is_not_old_is_the_text_now_and_what_is_not_new_is_the_text_before(
    before: str, after: str
) -> None:
    found = differences(before, after)
    assert "".join(piece.text for piece in found if piece.kind != "old") == after
    assert "".join(piece.text for piece in found if piece.kind != "new") == before
