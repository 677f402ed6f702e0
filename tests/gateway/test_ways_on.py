"""Pages that once were dead ends: each says what is the matter and leads on."""

from __future__ import annotations

import io
import uuid

import pytest
from flask import Flask
from kontor.campaigns.v1 import campaigns_pb2 as c
from kontor.contacts.v1 import contacts_pb2, imports_pb2
from kontor.tickets.v1 import tickets_pb2

from kernel.errors import InvalidArgument
from services.campaigns.templates.model import Problem, TemplateInvalid
from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours
from tests.web.sample import form_token

_ID = "018f0000-0000-7000-8000-000000000001"
_OTHER = "018f0000-0000-7000-8000-000000000002"


def _upload(log_in: LogIn, content: bytes, *, language: str = "de") -> tuple[int, str]:
    client = log_in("agent", language=language)
    token = form_token(client.get("/imports/new").text)
    answer = client.post(
        "/imports/new",
        data={
            "csrf_token": token,
            "request_id": str(uuid.uuid4()),
            "country": "DE",
            "file": (io.BytesIO(content), "a.csv"),
        },
    )
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "In Zeile 3 öffnet ein Anführungszeichen"), ("en", "In line 3 a quotation mark opens")],
)
def test_the_line_of_an_open_quote_is_said(
    log_in: LogIn, neighbours: Neighbours, language: str, words: str
) -> None:
    refused = InvalidArgument("no", reason="QUOTE_NOT_CLOSED", metadata={"line": "3"})
    neighbours.answers["Imports.CreateImport"] = lambda _: refused
    _status, page = _upload(log_in, b'Name\n"Max', language=language)
    assert words in page


@pytest.mark.parametrize("megabytes", [7, 13])
def test_a_file_that_is_too_large_comes_back_with_the_limit_and_the_form(
    log_in: LogIn, neighbours: Neighbours, megabytes: int
) -> None:
    _status, page = _upload(log_in, b"x" * megabytes * 1024**2)
    assert "größer als 6 MB" in page
    assert 'type="file"' in page
    assert 'data-max-bytes="6291456"' in page
    assert neighbours.of("Imports.CreateImport") == []


def test_a_checked_import_can_be_discarded(log_in: LogIn, neighbours: Neighbours) -> None:
    checked = imports_pb2.Import(
        id=_ID,
        file_name="a.csv",
        state=imports_pb2.IMPORT_STATE_DRY_RUN,
        counts=imports_pb2.ImportCounts(rows=1, new=1),
    )
    neighbours.answers["Imports.GetImport"] = lambda _: checked
    client = log_in("agent")
    assert f"/imports/{_ID}/discard" in client.get(f"/imports/{_ID}").text
    page = client.get(f"/imports/{_ID}/discard").text
    assert "1 Zeile der Datei wird hier sofort gelöscht" in page
    data = {"csrf_token": form_token(page), "request_id": str(uuid.uuid4())}
    assert client.post(f"/imports/{_ID}/discard", data=data).headers["Location"] == "/imports"
    assert [asked.import_id for asked in neighbours.of("Imports.DiscardImport")] == [_ID]
    checked.state = imports_pb2.IMPORT_STATE_COMMITTED
    assert f"/imports/{_ID}/discard" not in client.get(f"/imports/{_ID}").text


@pytest.mark.parametrize(
    ("new", "update", "words"),
    [(1, 1, "1 Kontakt ist neu, 1 wurde ergänzt."), (2, 0, "2 Kontakte sind neu, 0 wurden ergänzt.")],
)
def test_one_contact_is_one(log_in: LogIn, neighbours: Neighbours, new: int, update: int, words: str) -> None:
    done = imports_pb2.Import(id=_ID, counts=imports_pb2.ImportCounts(rows=2, new=new, update=update))
    neighbours.answers["Imports.CommitImport"] = lambda _: done
    client = log_in("agent")
    page = client.get(f"/imports/{_ID}/commit").text
    data = {"csrf_token": form_token(page), "request_id": str(uuid.uuid4())}
    client.post(f"/imports/{_ID}/commit", data=data)
    assert words in client.get(f"/imports/{_ID}").text


def test_all_tickets_of_a_person_can_be_seen(log_in: LogIn, neighbours: Neighbours) -> None:
    tickets = [
        tickets_pb2.Ticket(id=_OTHER, number=n, contact_id=_ID, subject=f"Anliegen {n}") for n in range(1, 7)
    ]
    neighbours.answers["Tickets.ListTickets"] = lambda _: tickets_pb2.ListTicketsResponse(
        tickets=tickets, total_size=6
    )
    neighbours.answers["Contacts.GetContact"] = lambda _: contacts_pb2.Contact(id=_ID, family_name="Sommer")
    client = log_in("agent")
    page = client.get(f"/contacts/{_ID}").text
    assert page.count('<strong class="g-clamp">Anliegen') == 5
    assert "Alle zeigen" in page
    assert f"/contacts/{_ID}?tickets=all#tickets-title" in page
    everything = client.get(f"/contacts/{_ID}?tickets=all").text
    assert everything.count('<strong class="g-clamp">Anliegen') == 6
    assert "Alle zeigen" not in everything


@pytest.mark.parametrize(("contacts", "words"), [(0, "ist leer"), (3, "3 Personen gehören zur Zielgruppe")])
def test_a_campaign_that_reaches_nobody_cannot_be_started(
    log_in: LogIn, neighbours: Neighbours, contacts: int, words: str
) -> None:
    draft = c.Campaign(id=_ID, name="Herbst", state=c.CAMPAIGN_STATE_DRAFT, audience_id=_OTHER)
    neighbours.answers["Campaigns.GetCampaign"] = lambda _: draft
    counted = c.PreviewAudienceResponse(contacts=contacts, permitted=0)
    neighbours.answers["Audiences.PreviewAudience"] = lambda _: counted
    client = log_in("marketer")
    page = client.get(f"/campaigns/{_ID}/start").text
    assert words in page
    assert "<form" not in page.split("<main", 1)[1].split("</main>", 1)[0]
    counted.permitted = counted.contacts = 3
    assert "3 E-Mails senden" in client.get(f"/campaigns/{_ID}/start").text


def test_another_state_is_only_offered_where_there_is_one(log_in: LogIn, neighbours: Neighbours) -> None:
    ended = c.Campaign(id=_ID, name="Herbst", state=c.CAMPAIGN_STATE_FINISHED)
    neighbours.answers["Campaigns.GetCampaign"] = lambda _: ended
    client = log_in("marketer")
    assert "anderen Status" not in client.get(f"/campaigns/{_ID}").text
    ended.counts.audience = ended.counts.sent = 2
    assert "anderen Status" in client.get(f"/campaigns/{_ID}?state=denied").text


def test_a_customer_in_the_gateway_is_shown_the_portal(app: Flask, log_in: LogIn) -> None:
    page = log_in("customer").get("/").text
    # No address is known here: nothing is offered that leads back to the same page.
    assert 'class="btn btn-primary"' not in page.split("<main", 1)[1]


def test_the_portal_is_named_where_it_is_known(app: Flask, log_in: LogIn) -> None:
    known = app.config["KONTOR"].model_copy(update={"portal_url": "https://portal.example"})
    app.jinja_env.globals["kontor"] = known
    assert 'href="https://portal.example/"' in log_in("customer").get("/").text
    assert 'href="https://portal.example/"' not in log_in("sales").get("/tickets").text


@pytest.mark.parametrize(
    ("field", "problem", "name", "line", "words"),
    [
        ("mjml", Problem.PLACEHOLDER_UNKNOWN, "vorname", 0, "Den Platzhalter „vorname“ gibt es nicht"),
        ("mjml", Problem.MJML_UNREADABLE, "", 7, "Zeile 7: Das MJML ist nicht lesbar"),
        ("subject", Problem.TAG_FORBIDDEN, "for", 0, "Der Befehl „for“ ist in einer E-Mail nicht erlaubt"),
    ],
)
def test_a_mistake_in_a_template_is_said_once_at_its_field_in_german(
    log_in: LogIn, neighbours: Neighbours, field: str, problem: Problem, name: str, line: int, words: str
) -> None:
    refused = TemplateInvalid(field, problem, name=name, line=line)
    neighbours.answers["Templates.CreateTemplate"] = lambda _: refused
    neighbours.answers["Templates.PreviewTemplate"] = lambda _: refused
    client = log_in("marketer")
    data = {"csrf_token": form_token(client.get("/templates/new").text), "request_id": str(uuid.uuid4())}
    data |= {"name": "Herbst", "subject": "Hallo", "language": "de", "mjml": "<mjml></mjml>"}
    page = client.post("/templates/new", data=data).text
    assert page.count(words) == 1
    assert words in page.split(f'id="{field}-error"', 1)[1].split("</div>", 1)[0]
    assert words in client.post("/templates/preview", data=data).text
    assert refused.violations[f"template.{field}"] not in page
