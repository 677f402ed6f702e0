"""The list of a campaign's messages: filtered by state or reason, with names instead of ids."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_DRAFT,
    MESSAGE_STATE_DENIED,
    MESSAGE_STATE_PLANNED,
    MESSAGE_STATE_REFUSED,
    MESSAGE_STATE_SENDING,
    MESSAGE_STATE_SENT,
    MESSAGE_STATE_UNCERTAIN,
    MESSAGE_STATE_UNSPECIFIED,
    Campaign,
    ListMessagesRequest,
)

from kernel.web.paging import page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import MESSAGE_STATES, label, why

KEYS = {
    MESSAGE_STATE_SENT: "sent",
    MESSAGE_STATE_DENIED: "denied",
    MESSAGE_STATE_PLANNED: "planned",
    MESSAGE_STATE_SENDING: "sending",
    MESSAGE_STATE_REFUSED: "refused",
    MESSAGE_STATE_UNCERTAIN: "uncertain",
}
# What is counted by reason; a message that is tried again has one, too.
_WITH_REASON = (MESSAGE_STATE_DENIED, MESSAGE_STATE_REFUSED)
_PAGE = 50


def page(campaign: Campaign) -> dict[str, Any]:
    """Messages with names, tabs by state, and the way on; nothing for a draft."""
    if campaign.state == CAMPAIGN_STATE_DRAFT:
        return {"messages": [], "people": {}, "tabs": [], "reason": "", "next_href": "", "first_href": ""}
    state = next(
        (s for s, key in KEYS.items() if key == request.args.get("state")), MESSAGE_STATE_UNSPECIFIED
    )
    reason = request.args.get("reason", "")[:60]
    token = request.args.get("page_token", "")
    states = _WITH_REASON if reason else [state] if state else []
    asked = ListMessagesRequest(
        campaign_id=campaign.id, states=states, reason=reason, page_size=_PAGE, page_token=token
    )
    answer = clients().campaigns.ListMessages(asked)
    found, more = list(answer.messages), answer.next_page_token
    here: dict[str, Any] = {"campaign_id": campaign.id, "state": KEYS.get(state), "reason": reason or None}
    return {
        "messages": found,
        "denied": MESSAGE_STATE_DENIED,
        "people": people.by_id(message.contact_id for message in found),
        "tabs": _tabs(campaign, state, reason),
        "reason": why(reason) if reason else "",
        **page_links("campaigns.detail", more, **here, _anchor="messages"),
    }


def _tabs(campaign: Campaign, state: int, reason: str) -> list[tuple[str, str, bool, int]]:
    counts = campaign.counts
    here = url_for("campaigns.detail", campaign_id=campaign.id, _anchor="messages")
    entries = [(str(_("All")), here, not state and not reason, counts.audience)]
    for value, key in KEYS.items():
        count = getattr(counts, key)
        if count or value == state:
            href = url_for("campaigns.detail", campaign_id=campaign.id, state=key, _anchor="messages")
            entries.append((str(label(MESSAGE_STATES, value).text), href, value == state, count))
    return entries
