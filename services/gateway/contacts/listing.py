"""The list of contacts: what the address asks for, and what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import (
    CONTACT_ORDER_NAME,
    CONTACT_ORDER_NEWEST,
    ContactFilter,
    ListContactsRequest,
    Organisation,
)

from kernel.web.paging import page_links
from services.gateway.clients import clients
from services.gateway.labels import SOURCES

PAGE = 50
_ORDERS = {"name": CONTACT_ORDER_NAME, "newest": CONTACT_ORDER_NEWEST}
_FILTERS = ("city", "country", "language", "organisation_id", "source")


def asked(args: Mapping[str, str]) -> ListContactsRequest:
    """The request that an address stands for; unknown values count as not given."""
    return ListContactsRequest(
        query=args.get("q", "").strip()[:200],
        filter=ContactFilter(
            **{name: args.get(name, "").strip()[:60] for name in _FILTERS},
            with_email=args.get("with_email") == "on",
        ),
        order=_ORDERS.get(args.get("order", ""), CONTACT_ORDER_NAME),
        page_size=PAGE,
        page_token=args.get("page_token", ""),
    )


def page(*, organisations: Callable[[], list[Organisation]]) -> dict[str, Any]:
    """Everything that `contacts/index.html` and its fragment need."""
    answer = clients().contacts.ListContacts(asked(request.args))
    state: dict[str, Any] = {
        key: value for key, value in request.args.items() if value and key not in {"page_token", "lang"}
    }
    filters = {key: value for key, value in state.items() if key not in {"q", "order"}}
    return {
        "contacts": answer.contacts,
        "total": answer.total_size,
        "args": {**dict.fromkeys(("q", "with_email", *_FILTERS), ""), **state},
        "narrowed": bool(filters or state.get("q")),
        "filtered": len(filters),
        "organisations": organisations,
        "sources": {key: str(text) for key, text in SOURCES.items() if key != "import"},
        "sort_href": {key: url_for("contacts.index", **{**state, "order": key}) for key in _ORDERS},
        "order": state.get("order", "name"),
        "export_href": url_for("contacts.export", **state),
        **page_links("contacts.index", answer.next_page_token, **state),
        "chips": _chips(state, filters, organisations),
    }


def _chips(
    state: Mapping[str, Any], filters: Mapping[str, str], organisations: Callable[[], list[Organisation]]
) -> list[tuple[str, str]]:
    """One chip a filter: what it says, and the address without it."""
    names = {o.id: o.name for o in organisations()} if "organisation_id" in filters else {}
    words = {
        "with_email": str(_("with e-mail address")),
        **{f"source={key}": str(text) for key, text in SOURCES.items()},
        **{f"organisation_id={key}": name for key, name in names.items()},
    }
    chips = []
    for key, value in filters.items():
        text = words.get(key) or words.get(f"{key}={value.partition(':')[0]}") or value
        rest = {k: v for k, v in state.items() if k != key}
        chips.append((text, url_for("contacts.index", **rest)))
    return chips
