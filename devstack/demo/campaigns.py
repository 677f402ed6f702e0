"""Templates, audiences, one campaign that was sent and one draft."""

from __future__ import annotations

import time

from kontor.campaigns.v1.campaigns_pb2 import (
    CAMPAIGN_STATE_DRAFT,
    CAMPAIGN_STATE_FINISHED,
    Audience,
    Campaign,
    CreateAudienceRequest,
    CreateCampaignRequest,
    CreateTemplateRequest,
    GetCampaignRequest,
    StartCampaignRequest,
    Template,
)
from kontor.contacts.v1.contacts_pb2 import ContactFilter

from devstack.demo import mails
from devstack.demo.doors import Caller, request_id

_SENDING_SECONDS = 40


def load(marketer: Caller) -> None:
    """Everything of marketing, as the marketer would click it."""
    templates = {template.name: _template(marketer, template) for template in mails.EVERY}
    germany = _audience(
        marketer,
        Audience(
            name="Newsletter Deutschland",
            topic="newsletter",
            filter=ContactFilter(country="DE", with_email=True),
        ),
    )
    cologne = _audience(
        marketer,
        Audience(
            name="Köln und Umgebung, Veranstaltungen",
            topic="events",
            filter=ContactFilter(city="Köln", with_email=True),
        ),
    )
    sent = _campaign(
        marketer,
        Campaign(
            name="Adventsausgabe",
            goal="Leuchten bekannt machen: 40 Besuche im Ausstellungshaus bis Weihnachten.",
            template_id=templates[mails.NEWSLETTER.name],
            audience_id=germany,
        ),
    )
    _campaign(
        marketer,
        Campaign(
            name="Werkstattabend im Dezember",
            goal="60 Gäste, davon 20 zum ersten Mal im Haus.",
            template_id=templates[mails.INVITATION.name],
            audience_id=cologne,
        ),
    )
    _send(marketer, sent)


def _template(marketer: Caller, template: Template) -> str:
    asked = CreateTemplateRequest(request_id=request_id("template", template.name), template=template)
    return str(marketer.templates.CreateTemplate(asked).id)


def _audience(marketer: Caller, audience: Audience) -> str:
    asked = CreateAudienceRequest(request_id=request_id("audience", audience.name), audience=audience)
    return str(marketer.audiences.CreateAudience(asked).id)


def _campaign(marketer: Caller, campaign: Campaign) -> str:
    asked = CreateCampaignRequest(request_id=request_id("campaign", campaign.name), campaign=campaign)
    return str(marketer.campaigns.CreateCampaign(asked).id)


def _send(marketer: Caller, campaign_id: str) -> None:
    """Start it unless it is, and wait for its end."""
    asked = GetCampaignRequest(campaign_id=campaign_id)
    if marketer.campaigns.GetCampaign(asked).state == CAMPAIGN_STATE_DRAFT:
        start = StartCampaignRequest(request_id=request_id("start", campaign_id), campaign_id=campaign_id)
        marketer.campaigns.StartCampaign(start)
    deadline = time.monotonic() + _SENDING_SECONDS
    while time.monotonic() < deadline:
        if marketer.campaigns.GetCampaign(asked).state == CAMPAIGN_STATE_FINISHED:
            return
        time.sleep(0.2)
