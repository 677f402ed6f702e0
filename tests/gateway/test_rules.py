"""What the pages work out for themselves: deadlines, queues, conflicts, grouped facts, cells of a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.contacts.v1.contacts_pb2 import (
    SALUTATION_MR,
    SALUTATION_MS,
    Contact,
    Organisation,
    Relation,
    TimelineEntry,
)
from kontor.privacy.v1.holder_pb2 import ACTION_DELETE_ROW, ACTION_KEEP_RESTRICTED, PlanItem
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_ACCEPTED,
    REQUEST_STATE_COMPLETED,
    HolderPlan,
    Request,
)
from kontor.tickets.v1.tickets_pb2 import ListTicketsResponse, Ticket

from kernel.spreadsheet import line
from services.gateway.contacts.conflict import Difference, settle
from services.gateway.contacts.forms import ContactForm, changes
from services.gateway.contacts.timeline import sentences
from services.gateway.imports.views import _columns
from services.gateway.requests.deadline import due
from services.gateway.requests.plans import consequences, in_words, totals
from services.gateway.tickets.queues import View, neighbours, view_of

_NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def german(app: Flask) -> Iterator[Flask]:
    """Inside a request of a German browser."""
    with app.test_request_context(headers={"Accept-Language": "de"}):
        yield app


@pytest.mark.parametrize(
    ("day", "tone", "text"),
    [
        ("2026-06-03", "good", "noch 31 Tage"),
        ("2026-05-10", "warn", "noch 7 Tage"),
        ("2026-05-04", "warn", "noch 1 Tag"),
        ("2026-05-03", "warn", "heute fällig"),
        ("2026-05-01", "bad", "2 Tage überfällig"),
    ],
)
def test_what_is_left_is_said_in_words_and_colour(german: Flask, day: str, tone: str, text: str) -> None:
    with time_machine.travel(_NOON, tick=False):
        found = due(Request(state=REQUEST_STATE_ACCEPTED, due_date=day))
    assert (found.tone, found.text) == (tone, text)


@time_machine.travel(datetime(2026, 5, 3, 23, 30, tzinfo=UTC), tick=False)
def test_the_day_ends_where_the_company_is(german: Flask) -> None:
    # In Berlin it is the 4th already.
    assert due(Request(state=REQUEST_STATE_ACCEPTED, due_date="2026-05-03")).days == -1


def test_an_answered_request_is_never_overdue(german: Flask) -> None:
    assert due(Request(state=REQUEST_STATE_COMPLETED, due_date="2020-01-01")).tone == "neutral"


def test_send_and_next_goes_down_the_queue_and_starts_over_when_the_ticket_has_left() -> None:
    queue = ListTicketsResponse(tickets=[Ticket(id="a"), Ticket(id="b"), Ticket(id="c")])
    assert neighbours(queue, "b") == ("a", "c")
    assert neighbours(queue, "c") == ("b", "")
    assert neighbours(queue, "gone") == ("", "a")
    assert neighbours(ListTicketsResponse(), "a") == ("", "")
    assert view_of({"queue": "drop table", "priority": "loud"}) == View("open")
    assert view_of({"queue": "free", "priority": "high"}).args == {"queue": "free", "priority": "high"}


def test_only_what_was_changed_is_sent() -> None:
    stored = Contact(
        given_name="Änne", city="Köln", relations=[Relation(organisation_id="1", role="Einkauf")]
    )
    entered = Contact()
    entered.CopyFrom(stored)
    assert changes(entered, stored).paths == []
    entered.city = "Bonn"
    entered.relations[0].role = "Leitung"
    assert list(changes(entered, stored).paths) == ["city", "relations"]


def _edited(read: Contact, **entered: object) -> ContactForm:
    """The form as it comes back: what was read, and what somebody typed over it."""
    form = ContactForm(formdata=None)
    organisations = [Organisation(id="1", name="Nordlicht"), Organisation(id="2", name="Hafenwerk")]
    form.offer(organisations, [], read)
    form.show(read)
    for name, value in entered.items():
        form[name].data = value
    return form


def test_a_conflict_shows_both_values_and_nothing_else(german: Flask) -> None:
    form = _edited(Contact(given_name="Änne", city="Ulm"), city="Köln")
    assert settle(form, Contact(given_name="Änne", city="Bonn")) == [Difference("Ort", "Bonn", "Köln")]
    assert form.city.data == "Köln"


def test_what_only_a_colleague_has_changed_is_taken_over_and_shown(german: Flask) -> None:
    read = Contact(
        city="Ulm", salutation=SALUTATION_MS, relations=[Relation(organisation_id="1", role="Einkauf")]
    )
    theirs = Contact(
        city="Ulm",
        salutation=SALUTATION_MR,
        relations=[Relation(organisation_id="2", role="Leitung", shared=True)],
    )
    form = _edited(read, city="Köln")
    assert settle(form, theirs) == [
        Difference("Anrede", "Herr"),
        Difference("Organisation", "Hafenwerk"),
        Difference("Rolle dort", "Leitung"),
        Difference("Handelt für die Organisation", "ja"),
    ]
    form.remember(theirs)
    assert list(changes(form.contact(theirs), theirs).paths) == ["city"]


def test_an_organisation_that_both_have_changed_is_shown_with_both(german: Flask) -> None:
    form = _edited(Contact(), organisation_id="1")
    theirs = Contact(relations=[Relation(organisation_id="2")])
    assert settle(form, theirs) == [Difference("Organisation", "Hafenwerk", "Nordlicht")]
    assert form.organisation_id.data == "1"


def test_a_form_that_does_not_say_what_was_read_keeps_every_entered_value(german: Flask) -> None:
    form = _edited(Contact(city="Köln"))
    form.read.data = "[broken"
    assert settle(form, Contact(city="Bonn")) == [Difference("Ort", "Bonn", "Köln")]


def test_what_the_role_does_not_see_is_neither_offered_nor_sent_nor_compared(german: Flask) -> None:
    stored = Contact(given_name="Änne", masked_fields=["phone", "note"])
    form = ContactForm(formdata=None)
    form.close(stored.masked_fields)
    form.show(stored)
    assert (form.phone, form.note) == (None, None)
    form.given_name.data = "Anne"
    entered = form.contact(stored)
    assert list(changes(entered, stored).paths) == ["given_name"]
    theirs = Contact(given_name="Anna", masked_fields=["phone", "note"])
    assert settle(form, theirs) == [Difference("Vorname", "Anna", "Anne")]


def test_the_same_fact_about_the_same_record_is_told_once(log_in: object, german: Flask) -> None:
    kinds = ["MessageAdded", "MessageAdded", "TicketOpened"]
    entries = [TimelineEntry(kind=f"kontor.tickets.v1.{kind}", reference_id="7") for kind in kinds]
    found = sentences(entries, names={"7": "Tisch mit Kratzer"})
    assert [(entry.text, entry.count, entry.about) for entry in found] == [
        ("Neue Nachricht in einem Vorgang", 2, "Tisch mit Kratzer"),
        ("Ein Vorgang wurde eröffnet", 1, "Tisch mit Kratzer"),
    ]


def test_a_fact_of_a_newer_service_is_shown_by_its_name(german: Flask) -> None:
    (entry,) = sentences([TimelineEntry(kind="kontor.sales.v1.OfferSent")], names={})
    assert (entry.text, entry.href) == ("OfferSent", "")


def test_a_plan_is_told_in_words_and_counted(german: Flask) -> None:
    until = Timestamp()
    until.FromDatetime(datetime(2031, 12, 31, 12, tzinfo=UTC))
    kept = PlanItem(
        dataset="consent_record",
        action=ACTION_KEEP_RESTRICTED,
        rows=2,
        law="§ 7a UWG; Art. 7(1) GDPR",
        keep_until=until,
    )
    gone = PlanItem(dataset="contact", action=ACTION_DELETE_ROW, rows=1)
    request = Request(
        plans=[
            HolderPlan(holder="contacts", items=[gone, PlanItem(dataset="login", action=ACTION_DELETE_ROW)]),
            HolderPlan(holder="privacy", items=[kept], executed=True),
            HolderPlan(holder="tickets"),
        ]
    )
    contacts, privacy, tickets = in_words(request)
    assert [(row.rows, row.what) for row in contacts.lines] == [(1, "Stammdaten")]
    assert privacy.lines[0].because == "§ 7a UWG; Art. 7 Abs. 1 DSGVO, bis 31. Dezember 2031"
    assert (tickets.holder, tickets.lines) == ("Vorgänge", [])
    assert (totals(request).erased, totals(request).kept) == (1, 2)
    assert consequences(request)[0].startswith("1 Datensatz wird gelöscht")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2", "'-2"),
        ("+49 30 123456", "+49 30 123456"),
        ("Müller; GmbH", '"Müller; GmbH"'),
        ("zwei\nZeilen", '"zwei\nZeilen"'),
    ],
)
def test_no_cell_of_a_download_is_a_formula(cell: str, written: str) -> None:
    assert line([cell]) == f"{written}\r\n"


def test_the_columns_that_people_look_for_come_first() -> None:
    from kontor.contacts.v1.imports_pb2 import ImportRow

    row = ImportRow(cells={"Zusatz": "x", "E-Mail": "a@b.example", "Vorname": "Änne", "Leer": ""})
    assert _columns([row])[:2] == ["Vorname", "E-Mail"]
    assert "Leer" not in _columns([row])
