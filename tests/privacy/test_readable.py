"""What a copy says on paper is readable: instants in local time, no brackets, no numbers of ours, and who it was."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.permits import model as permits
from services.privacy.requests.blackening.model import BLACKENING, RELEASING
from services.privacy.requests.model import Kind
from services.privacy.requests.readable import Reader
from services.privacy.requests.wording import cited, words
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine
from tests.privacy.pdftext import text_of

BERLIN = ZoneInfo("Europe/Berlin")
DE, EN = Reader("de", BERLIN, own={"me"}), Reader("en", BERLIN, own={"me"})


@pytest.mark.parametrize(
    ("dataset", "column", "value", "german"),
    [
        ("x", "recorded_at", "2026-12-31T23:30:05.350501+00:00", "01.01.2027, 00:30 Uhr"),
        ("x", "recorded_at", "2026-07-01T10:00:00Z", "01.07.2026, 12:00 Uhr"),
        ("x", "answer", "242 bytes", "nicht zum Lesen bestimmt (242 Bytes)"),
        ("audit_entry", "actor", "me", "Sie selbst"),
        (
            "audit_entry",
            "actor",
            "f79ae598-ab75-5a64-bdcf-e0cebd06b1f9",
            "unser Haus oder eines unserer Programme",
        ),
        ("contact", "country", "DE", "Deutschland"),
        ("contact", "country", "", ""),
        ("contact", "language", "de", "Deutsch"),
        ("permit_decision", "reason", "legal-obligation", "dazu sind wir gesetzlich verpflichtet"),
        ("passage_decision", "spans", "[27, 43, 45, 56]", "Stellen: 2"),
        ("import_row", "cells", '{"Ort": "Köln", "PLZ": "50674"}', "Ort: Köln; PLZ: 50674"),
        ("sign_up", "topics", '{"newsletter": "4712a63c-b6dd-5a5d-b033-dc5fb23c47e5"}', "newsletter"),
        ("import_row", "emails", '["a@example.org"]', "a@example.org"),
        # What people wrote stays as they wrote it.
        ("message", "body", "{ nicht wahr }", "{ nicht wahr }"),
        ("message", "body", "[1] siehe unten", "[1] siehe unten"),
        ("message", "body", "Am 2026-01-01T10:00:00Z war nichts.", "Am 2026-01-01T10:00:00Z war nichts."),
        ("message", "body", "", ""),
    ],
)
def test_stored_values_are_words(dataset: str, column: str, value: str, german: str) -> None:
    assert DE.value(dataset, column, value) == german


def test_every_reason_that_a_copy_can_hold_has_words_in_both_languages() -> None:
    sent = {v for k, v in vars(permits).items() if k.isupper() and isinstance(v, str) and v.islower()}
    for language in ("de", "en"):
        values = words(language)["values"]
        assert values["passage_decision.reason"].keys() == BLACKENING | RELEASING
        assert sent - values["permit_decision.reason"].keys() == set()
    assert EN.instant("2026-12-31T23:30:05+00:00") == "2027-01-01, 00:30"


def test_laws_are_cited_as_the_reader_cites_them() -> None:
    assert cited("Art. 46(2)(c) GDPR", "de") == "Art. 46 Abs. 2 Buchst. c DSGVO"
    assert cited("Art. 45 GDPR", "de") == "Art. 45 DSGVO"
    assert cited("Standardvertragsklauseln (EU) 2021/914", "de") == "Standardvertragsklauseln (EU) 2021/914"
    assert cited("Art. 46(2)(c) GDPR", "en") == "Art. 46(2)(c) GDPR"


async def test_on_paper_stand_no_numbers_of_machines_and_the_file_keeps_them(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    stranger = "0198f0a0-0000-7000-8000-0000000000ff"
    record = holder_pb2.Record(
        holder="tickets",
        dataset="audit_entry",
        record_id="1",
        values=[
            holder_pb2.Value(column="actor", value=stranger, category=options_pb2.CATEGORY_BEHAVIOUR),
        ],
    )
    record.since.FromDatetime(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    machine.told["tickets"].records = [record]
    request_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    pdf = text_of(await machine.document(request_id, anna, 2))
    assert stranger not in pdf
    assert "unser Haus oder eines unserer Programme (1 ×)" in pdf
    assert "01.01.2027" in pdf
    assert " UTC" not in pdf
    assert stranger in json.dumps(json.loads(await machine.document(request_id, anna, 1)))
