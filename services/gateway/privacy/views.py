"""The cockpit of data protection, and the rows behind those numbers that no other page lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.restrictions_pb2 import ListRestrictedContactsRequest, RestrictedContact

from kernel.spreadsheet import BOM, line
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.audit import figures as audit
from services.gateway.clients import clients, unless_down
from services.gateway.decisions import figures as decisions
from services.gateway.labels import RESTRICTION_GROUNDS, label
from services.gateway.privacy import without_basis
from services.gateway.privacy.figures import BANDS, WITHOUT_DATE, band_of, figures, open_requests
from services.gateway.session import may, opens_with

blueprint = Blueprint("privacy", __name__)

# A manager sees everything here but who has looked at what.
_OPENS = ("Breaches.ListBreaches", "Registers.ListRegisterEntries", "Retention.PreviewRun")
_PAGE = 50
_FILE_PAGE = 200


@opens_with(*_OPENS)
def index() -> ResponseReturnValue:
    """GET /privacy: each number asks one service, and a service that is down costs its number only."""
    entries = open_requests()
    counts = Counter(band_of(entry) for entry in entries or [])
    bars = [
        (text, counts[name], url_for("privacy.requests", band=name))
        for name, text in _bands().items()
        if counts[name]
    ]
    return render_template(
        "privacy/index.html",
        total=len(entries) if entries is not None else None,
        bars=bars,
        figures=figures(),
        messages=_messages(),
        reads=_reads(),
        read_days=audit.DAYS,
        days=decisions.DAYS,
    )


@opens_with(*_OPENS, "Requests.ListRequests")
def requests(band: str) -> ResponseReturnValue:
    """GET /privacy/requests/<band>: the rows behind a number."""
    text = _bands().get(band) or abort(404)
    found = open_requests()
    entries = [entry for entry in found or [] if band_of(entry) == band]
    return render_template(
        "privacy/requests.html",
        text=text,
        down=found is None,
        entries=entries,
        contacts=people.by_id(entry.request.contact_id for entry in entries),
    )


@opens_with("Restrictions.ListRestrictedContacts", "Restrictions.ListRestrictions", "Holds.ListHolds")
def restricted() -> ResponseReturnValue:
    """GET /privacy/restricted: whose processing is restricted, since when and why."""
    asked = ListRestrictedContactsRequest(page_size=_PAGE, page_token=request.args.get("page_token", ""))
    found = clients().restrictions.ListRestrictedContacts(asked)
    return render_template(
        "privacy/restricted.html",
        found=found.contacts,
        total=found.total_size,
        grounds=_grounds,
        contacts=people.by_id(each.contact_id for each in found.contacts),
        **page_links("privacy.restricted", found.next_page_token),
    )


@opens_with("Restrictions.ListRestrictedContacts")
def restricted_file() -> ResponseReturnValue:
    """GET /privacy/restricted.csv: contacts by their number only."""
    answer = Response(_restricted_lines(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("restricted-people") + ".csv")
    return answer


def _restricted_lines() -> Iterator[str]:
    yield BOM + line([_("Contact"), _("Since"), _("Grounds")])
    asked = ListRestrictedContactsRequest(page_size=_FILE_PAGE)
    for answer in every_page(clients().restrictions.ListRestrictedContacts, asked):
        for each in answer.contacts:
            yield line([each.contact_id, moment(each.since_time), _grounds(each)])


def _grounds(restricted_contact: RestrictedContact) -> str:
    return ", ".join(str(label(RESTRICTION_GROUNDS, ground).text) for ground in restricted_contact.grounds)


def _messages() -> list[decisions.Group] | None:
    """On what the messages of the last days rested, and why others did not go out; None if nobody answers."""
    period = decisions.period("", "")
    found = unless_down(lambda: decisions.counted(period))
    return None if found is None else decisions.groups(found, period)


def _reads() -> audit.Reads | None:
    """What people have read in the last days; None for who may not see it, or if nobody answers."""
    if not may("Audit.GetAccessCounts"):
        return None
    return unless_down(lambda: audit.counted(audit.period("", "")))


def _bands() -> dict[str, str]:
    return {
        **{name: str(text) for name, text, _first, _last in BANDS},
        WITHOUT_DATE: str(_("without a date yet")),
    }


blueprint.add_url_rule("/privacy", "index", index)
blueprint.add_url_rule("/privacy/requests/<band>", "requests", requests)
blueprint.add_url_rule("/privacy/without-basis", "without_basis", without_basis.index)
blueprint.add_url_rule("/privacy/without-basis.csv", "without_basis_file", without_basis.export)
blueprint.add_url_rule("/privacy/restricted", "restricted", restricted)
blueprint.add_url_rule("/privacy/restricted.csv", "restricted_file", restricted_file)
