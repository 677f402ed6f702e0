"""Whatever people typed prints: what no font shows is replaced so that it is seen, and the file has the original."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.privacy.requests import pdf
from services.privacy.requests.glyphs import SHOWN, printable, printable_content
from services.privacy.requests.model import DocumentFailed, Kind, State
from services.privacy.requests.wording import words
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.pdftext import text_of

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_NOBODY = {"name": "", "address": "", "email": "", "phone": "", "dpo_name": "", "dpo_email": "", "url": ""}


def page(*texts: str) -> bytes:
    """A copy of data that holds these texts, in every weight that the template uses."""
    content = {
        "controller": _NOBODY,
        "authority": _NOBODY,
        "request": {"id": "", "received": "2026-03-02T09:00", "answered": "2026-03-02T09:00"},
        "subject": "", "processing": [], "recipients": [], "sources": [], "rights": [],
        "processed": True, "recipients_text": "", "blackened": {"text": ""},
        "automated_decisions": {"text": "", "checks": []}, "transfers": {"text": "", "to": []},
        "groups": [{"title": text, "records": [{"since": "", "values": [[text, text]]}]} for text in texts],
    }  # fmt: skip
    return pdf.render("access", content, language="de", now=_NOW)


def test_every_character_that_counts_as_shown_is_shown() -> None:
    # Each by itself, as a line of its own: a neighbour could lend its glyph to a mark.
    characters = [chr(code) for low, high in SHOWN for code in range(low, high + 1)]
    assert len(characters) > 3_000
    lines = " ".join(characters)
    assert page(lines).startswith(b"%PDF-1.7")


@given(st.lists(st.text(max_size=40), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_text_prints(texts: list[str]) -> None:
    assert page(*texts).startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Danke 😀", "Danke □U+1F600"),
        ("漢", "□U+6F22"),
        ("ไ", "□U+0E44"),
        ("a\x00b\x07", "a□U+0000b□U+0007"),
        ("Ju\u0308rgen", "Jürgen"),
        ("eins\r\nzwei\u2028drei\vvier", "eins\nzwei\ndrei\nvier"),
        ("\u202egnp.exe", "□U+202Egnp.exe"),
        ("Ελένη Šćepanović Żółć Їжак €", "Ελένη Šćepanović Żółć Їжак €"),
    ],
)
def test_what_is_missing_is_seen(typed: str, shown: str) -> None:
    assert printable(typed) == shown
    assert printable_content({"a": [typed, 7, None]}) == {"a": [shown, 7, None]}


async def test_an_emoji_neither_stops_the_copy_nor_is_lost(machine: Machine) -> None:
    anna = await add_person(machine.contacts, family_name="Meier 😀 漢字 ไทย")
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert "Meier 😀 漢字 ไทย" in [
        value["value"]
        for record in json.loads(await machine.document(request_id, anna, 1))["records"]
        for value in record["values"]
    ]
    shown = text_of(await machine.document(request_id, anna, 2))
    assert "U+1F600" in shown
    assert "JSON-Datei stehen sie im Original" in shown


def test_a_document_without_strange_characters_says_nothing_about_them() -> None:
    assert "im Original" not in text_of(page("Jürgen")).replace(words("de")["access"]["intro"], "")


def test_what_cannot_be_set_is_not_quoted_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "printable_content", lambda content: content)
    with pytest.raises(DocumentFailed) as failed:
        page("geheim 😀")
    assert "geheim" not in repr(failed.value)
    assert failed.value.__suppress_context__
