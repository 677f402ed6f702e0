"""Decisions about messages: a list with filters and as a file, in numbers by basis and channel, and one by one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.campaigns.v1.campaigns_pb2 import GetCampaignRequest, GetPermittedMessageRequest, Message
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_UNSPECIFIED,
    DECISION_OUTCOME_DENIED,
    DECISION_OUTCOME_PERMITTED,
    DECISION_OUTCOME_UNSPECIFIED,
    Decision,
    GetDecisionRequest,
    ListDecisionsRequest,
)

from kernel.errors import InvalidArgument, NotFound
from kernel.spreadsheet import BOM, line
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.catalogue import topics
from services.gateway.clients import clients, unless_down
from services.gateway.decisions import figures
from services.gateway.decisions.words import CHANNEL_KEYS, CONDITIONS, DENIED, OUTCOMES, PERMITTED, SENTENCES
from services.gateway.labels import CHANNELS, Label, label, why
from services.gateway.session import opens_with

blueprint = Blueprint("decisions", __name__)

_PAGE = 50
_FILE_PAGE = 200
_FILTERS = ("contact_id", "topic", "reason", "from_date", "until_date", "batch_id")
_OUTCOMES = {"permitted": DECISION_OUTCOME_PERMITTED, "denied": DECISION_OUTCOME_DENIED}


@opens_with("Permits.ListDecisions")
def index() -> ResponseReturnValue:
    """GET /decisions?contact_id=&topic=&channel=&outcome=&reason=&from_date=&until_date=&batch_id="""
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
        channels={key: CHANNELS[channel].text for key, channel in CHANNEL_KEYS.items()},
        contacts=people.by_id([*(each.contact_id for each in found), asked.contact_id]),
        **page_links("decisions.index", next_token, **_here()),
    )
    return page, 400 if problem else 200


@opens_with("Permits.GetDecision", "Permits.ListDecisions")
def detail(decision_id: uuid.UUID) -> ResponseReturnValue:
    """GET /decisions/<id>: what was asked, every condition with what came of it, and the message that it let go."""
    found = clients().permits.GetDecision(GetDecisionRequest(decision_id=str(decision_id)))
    conditions = [
        (CONDITIONS.get(each.name, each.name), label(OUTCOMES, each.outcome)) for each in found.conditions
    ]
    message = _message(found)
    return render_template(
        "decisions/detail.html",
        decision=found,
        outcome=_outcome(found),
        conditions=conditions,
        reason=SENTENCES.get(found.reason, why(found.reason)),
        topics=topics(),
        message=message,
        campaign=_campaign_name(message),
        contact=people.by_id([found.contact_id]).get(found.contact_id),
    )


@opens_with("Permits.GetDecisionCounts", "Permits.ListDecisions")
def numbers() -> ResponseReturnValue:
    """GET /decisions/figures?from_date=&until_date=: on which basis messages went out, and why others did not."""
    period = figures.period(request.args.get("from_date", ""), request.args.get("until_date", ""))
    try:
        found, problem = figures.counted(period), ""
    except InvalidArgument:
        found, problem = [], str(_("Please check what you are looking for."))
    page = render_template(
        "decisions/figures.html",
        period=period,
        problem=problem,
        groups=figures.groups(found, period),
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
    channel = CHANNEL_KEYS.get(request.args.get("channel", ""), CHANNEL_UNSPECIFIED)
    return ListDecisionsRequest(page_size=size, outcome=outcome, channel=channel, **given)


def _here() -> dict[str, str | None]:
    """The filters of this page, for links that keep them."""
    return {name: request.args.get(name) or None for name in (*_FILTERS, "outcome", "channel")}


def _message(decision: Decision) -> Message | None:
    """The message of a campaign that the decision let go; invitations and answers to requests are none."""
    if not decision.permitted:
        return None
    asked = GetPermittedMessageRequest(contact_id=decision.contact_id, permit_id=decision.id)
    try:
        return unless_down(lambda: clients().campaigns.GetPermittedMessage(asked))
    except NotFound:
        return None


def _campaign_name(message: Message | None) -> str:
    if message is None:
        return ""
    asked = GetCampaignRequest(campaign_id=message.campaign_id)
    found = unless_down(lambda: clients().campaigns.GetCampaign(asked))
    return found.name if found is not None else str(_("Campaign"))


def _outcome(decision: Decision) -> Label:
    return PERMITTED if decision.permitted else DENIED


def _lines(asked: ListDecisionsRequest) -> Iterator[str]:
    heads = (
        _("Time"), _("Contact"), _("Topic"), _("Way"), _("Decision"), _("Reason"), _("Consent"), _("Batch"),
        "ID",
    )  # fmt: skip
    yield BOM + line([str(head) for head in heads])
    for answer in every_page(clients().permits.ListDecisions, asked):
        for each in answer.decisions:
            yield line(_cells(each))


def _cells(each: Decision) -> list[str]:
    return [
        moment(each.decide_time),
        each.contact_id,
        each.topic,
        str(label(CHANNELS, each.channel).text),
        str(_outcome(each).text),
        str(SENTENCES.get(each.reason, each.reason)),
        each.consent_id,
        each.batch_id,
        each.id,
    ]


blueprint.add_url_rule("/decisions", "index", index)
blueprint.add_url_rule("/decisions.csv", "export", export)
blueprint.add_url_rule("/decisions/figures", "numbers", numbers)
blueprint.add_url_rule("/decisions/<uuid:decision_id>", "detail", detail)
