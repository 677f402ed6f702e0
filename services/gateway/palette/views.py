"""Answers of the palette: a fragment with pages, actions and contacts that match."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from kontor.contacts.v1.contacts_pb2 import Contact, ListContactsRequest

from services.gateway import menu
from services.gateway.clients import clients, unless_down
from services.gateway.session import opens_with

blueprint = Blueprint("palette", __name__)

_HITS = 8


@opens_with("Contacts.ListContacts")
def find() -> ResponseReturnValue:
    """GET /palette?q=: with nothing typed, the pages; the browser adds what was opened recently."""
    query = request.args.get("q", "").strip()[:200]
    return render_template(
        "palette/hits.html",
        query=query,
        pages=[page for page in menu.places() if _matches(str(page.label), query)],
        actions=[page for page in menu.actions() if _matches(str(page.label), query)],
        contacts=_contacts(query),
    )


def _contacts(query: str) -> list[Contact] | None:
    if len(query) < 2:
        return []
    asked = ListContactsRequest(query=query, page_size=_HITS)
    answer = unless_down(lambda: clients().contacts.ListContacts(asked))
    return list(answer.contacts) if answer is not None else None


def _matches(label: str, query: str) -> bool:
    """Every typed letter, in this order: "nkon" finds "Neuer Kontakt"."""
    letters = iter(label.casefold())
    return all(letter in letters for letter in query.casefold().replace(" ", ""))


blueprint.add_url_rule("/palette", "find", find)
