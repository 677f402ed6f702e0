"""Whom nothing permits to hold: a list by why, source and day, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.bases_pb2 import ListContactsWithoutBasisRequest, ListContactsWithoutBasisResponse

from kernel.errors import InvalidArgument
from kernel.spreadsheet import BOM, line
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import SOURCES, word
from services.gateway.session import opens_with

_PAGE = 50
_FILE_PAGE = 200
_FILTERS = ("why", "source", "from_date", "until_date")
# As in kontor.privacy.v1.ContactWithoutBasis.
WHY = {
    "never-asked": _l("never asked for a consent"),
    "not-confirmed": _l("asked, but never confirmed"),
    "refused": _l("has refused"),
    "withdrawn": _l("has withdrawn"),
    "expired": _l("the consent has expired"),
}


@opens_with("Bases.ListContactsWithoutBasis")
def index() -> ResponseReturnValue:
    """GET /privacy/without-basis?why=&source=&from_date=&until_date="""
    asked = _asked(_PAGE)
    asked.page_token = request.args.get("page_token", "")
    found, problem = ListContactsWithoutBasisResponse(), ""
    try:
        found = clients().bases.ListContactsWithoutBasis(asked)
    except InvalidArgument:
        problem = _("Please check what you are looking for.")
    page = render_template(
        "privacy/without_basis.html",
        found=found,
        here=_here(),
        problem=problem,
        bars=_bars(found),
        reasons=WHY,
        sources=SOURCES,
        why_of=lambda key: word(WHY, key),
        source_of=lambda key: word(SOURCES, key),
        contacts=people.by_id(each.contact_id for each in found.contacts),
        **page_links("privacy.without_basis", found.next_page_token, **_here()),
    )
    return page, 400 if problem else 200


@opens_with("Bases.ListContactsWithoutBasis")
def export() -> ResponseReturnValue:
    """GET /privacy/without-basis.csv: every row that the filters leave; contacts by their number only."""
    answer = Response(_lines(_asked(_FILE_PAGE)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("without-basis") + ".csv")
    return answer


def _asked(size: int) -> ListContactsWithoutBasisRequest:
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    return ListContactsWithoutBasisRequest(page_size=size, **given)


def _here() -> dict[str, str | None]:
    """The filters of this page, for links that keep them."""
    return {name: request.args.get(name) or None for name in _FILTERS}


def _bars(found: ListContactsWithoutBasisResponse) -> list[tuple[str, int, str]]:
    """How many by why; each leads to the rows that it counts."""
    here: dict[str, Any] = {name: value for name, value in _here().items() if name != "why"}
    return [
        (word(WHY, each.why), each.count, url_for("privacy.without_basis", why=each.why, **here))
        for each in found.counts
    ]


def _lines(asked: ListContactsWithoutBasisRequest) -> Iterator[str]:
    yield BOM + line([_("Contact"), _("Why"), _("Source"), _("Created"), _("Found")])
    for answer in every_page(clients().bases.ListContactsWithoutBasis, asked):
        for each in answer.contacts:
            yield line(
                [
                    each.contact_id,
                    word(WHY, each.why),
                    word(SOURCES, each.source),
                    moment(each.create_time),
                    moment(each.find_time),
                ]
            )
