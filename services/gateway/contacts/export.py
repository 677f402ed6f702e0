"""The filtered list as a CSV file, streamed page by page."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request, stream_with_context
from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import Contact, ListContactsRequest

from kernel.spreadsheet import BOM, line
from kernel.web.paging import every_page
from services.gateway.clients import clients
from services.gateway.contacts.listing import asked
from services.gateway.session import opens_with

_PAGE = 200
_COLUMNS = (
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "country",
    "language",
)


@opens_with("Contacts.ListContacts")
def download() -> Response:
    """GET /contacts.csv with the same filters as the list."""
    asked_for = asked(request.args)
    asked_for.page_size, asked_for.page_token = _PAGE, ""
    answer = Response(stream_with_context(_lines(asked_for, _head())), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("contacts") + ".csv")
    return answer


def _head() -> list[str]:
    return [
        _("First name"), _("Last name"), _("E-mail address"), _("Phone"), _("Street and number"),
        _("Postal code"), _("City"), _("Country"), _("Language"), _("Organisation"),
    ]  # fmt: skip


def _cell(contact: Contact, name: str) -> str:
    return str(_("not for your role")) if name in contact.masked_fields else str(getattr(contact, name))


def _lines(asked_for: ListContactsRequest, head: list[str]) -> Iterator[str]:
    """All of them: a file that ends early without a word would be taken for the whole list."""
    yield BOM + line(head)
    for answer in every_page(clients().contacts.ListContacts, asked_for):
        for contact in answer.contacts:
            organisations = ", ".join(r.organisation_name for r in contact.relations)
            yield line([*(_cell(contact, name) for name in _COLUMNS), organisations])
