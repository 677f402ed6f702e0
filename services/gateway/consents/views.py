"""Consents of all contacts, the most recent first: by topic, state, way and day, and those without proof; as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.consent_standings_pb2 import (
    GetStandingCountsRequest,
    ListStandingsRequest,
    Standing,
    StandingFilter,
)
from kontor.privacy.v1.privacy_pb2 import (
    CONSENT_STATE_EXPIRED,
    CONSENT_STATE_GIVEN,
    CONSENT_STATE_REFUSED,
    CONSENT_STATE_RENEWED,
    CONSENT_STATE_REQUESTED,
    CONSENT_STATE_UNSPECIFIED,
    CONSENT_STATE_WITHDRAWN,
)

from kernel.errors import InvalidArgument
from kernel.spreadsheet import BOM, line
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients, unless_down
from services.gateway.consents import chain
from services.gateway.labels import CHANNELS, CONSENT_STATES, METHODS, Label
from services.gateway.session import may, opens_with

blueprint = Blueprint("consents", __name__)

_PAGE = 50
_FILE_PAGE = 200
_NARROWING = ("topic", "method", "from_date", "until_date")
_STATES = {
    "given": CONSENT_STATE_GIVEN,
    "renewed": CONSENT_STATE_RENEWED,
    "requested": CONSENT_STATE_REQUESTED,
    "refused": CONSENT_STATE_REFUSED,
    "withdrawn": CONSENT_STATE_WITHDRAWN,
    "expired": CONSENT_STATE_EXPIRED,
}
_MISSING = {
    "text": _l("the text that was shown"),
    "confirm-time": _l("the time of the confirmation"),
    "mail": _l("the confirmation mail"),
}


@opens_with("ConsentStandings.ListStandings")
def index() -> ResponseReturnValue:
    """GET /consents?topic=&state=&method=&from_date=&until_date=&proof=without"""
    asked = _asked(_PAGE)
    asked.page_token = request.args.get("page_token", "")
    found, figures, next_token, problem = [], [], "", ""
    try:
        answer = clients().consent_standings.ListStandings(asked)
    except InvalidArgument:
        problem = _("Please check what you are looking for.")
    else:
        found, next_token = list(answer.standings), answer.next_page_token
        figures = _figures(asked.filter)
    page = render_template(
        "consents/index.html",
        standings=found,
        figures=figures,
        here=_here(),
        states={name: CONSENT_STATES[state].text for name, state in _STATES.items()},
        methods=METHODS,
        missing=_missing,
        problem=problem,
        topics=topics(),
        opens_chain=may("ConsentChains.GetConsentChain"),
        contacts=people.by_id(each.consent.contact_id for each in found),
        **page_links("consents.index", next_token, **_here()),
    )
    return page, 400 if problem else 200


@opens_with("ConsentStandings.ListStandings")
def export() -> ResponseReturnValue:
    """GET /consents.csv: every row that the filters leave; contacts by their number only."""
    answer = Response(_lines(_asked(_FILE_PAGE)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("consents") + ".csv")
    return answer


def _asked(size: int) -> ListStandingsRequest:
    given = {name: request.args.get(name, "").strip() for name in _NARROWING}
    return ListStandingsRequest(
        page_size=size,
        filter=StandingFilter(**given),
        state=_STATES.get(request.args.get("state", ""), CONSENT_STATE_UNSPECIFIED),
        without_proof=request.args.get("proof") == "without",
    )


def _here() -> dict[str, str | None]:
    """The filters of this page, for links that keep them."""
    return {name: request.args.get(name) or None for name in (*_NARROWING, "state", "proof")}


def _figures(asked: StandingFilter) -> list[tuple[Label, int, str]]:
    """How many in each state, and without proof; each leads to the rows that it counts."""
    wanted = GetStandingCountsRequest(filter=asked)
    # Counting reads the whole ledger, the rows only a page of it: they must not wait for the numbers.
    counts = unless_down(lambda: clients().consent_standings.GetStandingCounts(wanted))
    if counts is None:
        return []
    many = {each.state: each.count for each in counts.counts}
    narrowed: dict[str, Any] = {name: value for name, value in _here().items() if name in _NARROWING}
    found = [
        (CONSENT_STATES[state], many.get(state, 0), url_for("consents.index", state=name, **narrowed))
        for name, state in _STATES.items()
    ]
    unproven = Label(_("without proof"), "bad", "alert-triangle")
    return [*found, (unproven, counts.without_proof, url_for("consents.index", proof="without", **narrowed))]


def _missing(standing: Standing) -> str:
    return ", ".join(str(_MISSING.get(each, each)) for each in standing.missing)


def _lines(asked: ListStandingsRequest) -> Iterator[str]:
    heads = (
        _("Recorded"),
        _("Contact"),
        _("Topic"),
        _("Way"),
        _("State"),
        _("How"),
        _("Missing"),
        _("Holds until"),
        _("Consent"),
    )
    yield BOM + line([str(head) for head in heads])
    for answer in every_page(clients().consent_standings.ListStandings, asked):
        for each in answer.standings:
            yield line(_cells(each))


def _cells(each: Standing) -> list[str]:
    consent = each.consent
    return [
        moment(consent.record_time),
        consent.contact_id,
        consent.topic,
        str(CHANNELS[consent.channel].text),
        str(CONSENT_STATES[consent.state].text),
        str(METHODS.get(each.method, each.method)),
        _missing(each),
        consent.last_day,
        consent.id,
    ]


blueprint.add_url_rule("/consents", "index", index)
blueprint.add_url_rule("/consents.csv", "export", export)
blueprint.add_url_rule("/consents/<uuid:consent_id>", "detail", chain.detail)
blueprint.add_url_rule("/consents/leaves", "find_leaf", chain.find_leaf)
blueprint.add_url_rule("/consents/leaves/<int:number>", "leaf", chain.leaf)
blueprint.add_url_rule("/consents/leaves/<int:number>.<form>", "leaf_paper", chain.leaf_paper)
