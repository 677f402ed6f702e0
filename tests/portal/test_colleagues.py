"""A colleague's ticket says whose it is, and offers nothing to write; one's own says who of the household wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, g, render_template
from kontor.tickets.v1.tickets_pb2 import AUTHOR_KIND_CUSTOMER, AUTHOR_KIND_STAFF, Message, Ticket

from kernel.web.forms import Form
from kernel.web.sessions import Login, Tokens
from services.portal.app import create_app
from services.portal.config import PortalSettings
from services.portal.tickets.forms import Reply
from services.portal.tickets.views import said
from tests.fixtures.postgres import PostgresUrl
from tests.web import sample

TICKET = Ticket(
    id="018f0000-0000-7000-8000-000000000001", number=10007, subject="Lieferung", contact_id="kim"
)
SAID = [
    Message(author_kind=AUTHOR_KIND_CUSTOMER, author_name="Kim Berg", body="Wann kommt sie?"),
    Message(author_kind=AUTHOR_KIND_STAFF, author_name="Jonas Weber", body="Morgen."),
]


@pytest.fixture
def app(postgres_url: PostgresUrl) -> Flask:
    given = sample.settings(database_url=postgres_url("portal"))
    return sample.undisturbed(lambda: create_app(PortalSettings(**given.model_dump())))


def shown(app: Flask, template: str, *, name: str = "Anna Chef", **values: Any) -> str:
    """The page as a German reader with this login sees it."""
    tokens = Tokens(
        access="a.b.c", refresh="r", identity="i", expires_at=datetime.now(UTC) + timedelta(hours=1)
    )
    values = {"solved": False, "closed": False} | values
    with app.test_request_context(headers={"Accept-Language": "de"}):
        g.login = Login(
            issuer="http://127.0.0.1:9/realms/kontor",
            subject="anna",
            provider_sid="sid",
            name=name,
            email="anna@firma.example",
            email_verified=True,
            roles=frozenset({"customer"}),
            tokens=tokens,
        )
        if "messages" in values:
            values["conversation"] = [said(one, values["colleague"]) for one in values.pop("messages")]
        form = Reply() if template.endswith("detail.html") else Form()
        return render_template(template, form=form, problems=[], **values)


def test_a_list_says_whose_ticket_it_is(app: Flask) -> None:
    own = Ticket(id="018f0000-0000-7000-8000-000000000002", number=10008, subject="Tisch", contact_id="anna")
    values: dict[str, Any] = {
        "tickets": [TICKET, own],
        "colleagues": {"kim": "Kim Berg"},
        "next_href": "",
        "first_href": "",
    }
    page = shown(app, "tickets/index.html", **values)
    assert page.count("von Kim Berg") == 1


def test_a_colleagues_ticket_can_be_read_and_not_answered(app: Flask) -> None:
    page = shown(app, "tickets/detail.html", ticket=TICKET, messages=SAID, colleague="Kim Berg")
    assert "Dies ist ein Vorgang von Kim Berg" in page
    assert "<textarea" not in page
    assert "<strong>Sie</strong>" not in page
    nameless = shown(app, "tickets/detail.html", ticket=TICKET, messages=SAID[1:], colleague="")
    assert "ein Vorgang von jemandem aus Ihrer Organisation" in nameless


def test_who_is_not_named_is_somebody_of_the_organisation_and_not_to_somebody(app: Flask) -> None:
    unnamed = [Message(author_kind=AUTHOR_KIND_CUSTOMER, body="Wann kommt sie?")]
    page = shown(app, "tickets/detail.html", ticket=TICKET, messages=unnamed, colleague="")
    assert "<strong>jemand aus Ihrer Organisation</strong>" in page


@pytest.mark.parametrize(("login", "author"), [("Kim Berg", "Sie"), ("Omar Berg", "Kim Berg")])
def test_of_several_logins_each_message_has_its_author(app: Flask, login: str, author: str) -> None:
    page = shown(app, "tickets/detail.html", name=login, ticket=TICKET, messages=SAID, colleague=None)
    assert f"<strong>{author}</strong>" in page
    assert "<textarea" in page
