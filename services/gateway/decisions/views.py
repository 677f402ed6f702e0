"""Decisions about messages, newest first: by contact, topic, outcome, reason and day; and as a file."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import (
    DECISION_OUTCOME_DENIED,
    DECISION_OUTCOME_PERMITTED,
    DECISION_OUTCOME_UNSPECIFIED,
    Decision,
    ListDecisionsRequest,
)

from kernel.errors import InvalidArgument
from kernel.spreadsheet import BOM, line
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients
from services.gateway.decisions.words import DENIED, PERMITTED, SENTENCES
from services.gateway.labels import Label, why
from services.gateway.session import opens_with

blueprint = Blueprint("decisions", __name__)

_PAGE = 50
_FILE_PAGE = 200
_FILTERS = ("contact_id", "topic", "reason", "from_date", "until_date")
_OUTCOMES = {"permitted": DECISION_OUTCOME_PERMITTED, "denied": DECISION_OUTCOME_DENIED}


@opens_with("Permits.ListDecisions")
def index() -> ResponseReturnValue:
    """GET /decisions?contact_id=&topic=&outcome=&reason=&from_date=&until_date="""
    asked = _asked(_PAGE)
    asked.page_token = request.args.get("page_token", "")
    found, next_token, problem = [], "", ""
    try:
        answer = clients().permits.ListDecisions(asked)
    except InvalidArgument:
        problem = _("Please check what you are looking for.")
    else:
        found, next_token = list(answer.decisions), answer.next_page_token
    page = render_template(
        "decisions/index.html",
        decisions=found,
        asked=asked,
        here=_here(),
        problem=problem,
        reasons=SENTENCES,
        why=why,
        outcome=_outcome,
        topics=topics(),
        contacts=people.by_id([*(each.contact_id for each in found), asked.contact_id]),
        **page_links("decisions.index", next_token, **_here()),
    )
    return page, 400 if problem else 200


@opens_with("Permits.ListDecisions")
def export() -> ResponseReturnValue:
    """GET /decisions.csv: every decision that the filters leave, newest first; contacts by their number only."""
    answer = Response(_lines(_asked(_FILE_PAGE)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=_("decisions") + ".csv")
    return answer


def _asked(size: int) -> ListDecisionsRequest:
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    outcome = _OUTCOMES.get(request.args.get("outcome", ""), DECISION_OUTCOME_UNSPECIFIED)
    return ListDecisionsRequest(page_size=size, outcome=outcome, **given)


def _here() -> dict[str, str | None]:
    """The filters of this page, for links that keep them."""
    return {name: request.args.get(name) or None for name in (*_FILTERS, "outcome")}


def _outcome(decision: Decision) -> Label:
    return PERMITTED if decision.permitted else DENIED


def _lines(asked: ListDecisionsRequest) -> Iterator[str]:
    heads = (_("Time"), _("Contact"), _("Topic"), _("Decision"), _("Reason"), _("Consent"), _("Batch"))
    yield BOM + line([str(head) for head in heads])
    for answer in every_page(clients().permits.ListDecisions, asked):
        for each in answer.decisions:
            yield line(_cells(each))


def _cells(each: Decision) -> list[str]:
    return [
        moment(each.decide_time),
        each.contact_id,
        each.topic,
        str(_outcome(each).text),
        str(SENTENCES.get(each.reason, each.reason)),
        each.consent_id,
        each.batch_id,
    ]


blueprint.add_url_rule("/decisions", "index", index)
blueprint.add_url_rule("/decisions.csv", "export", export)
