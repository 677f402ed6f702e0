"""Every fact that the campaigns service publishes."""

from __future__ import annotations

import uuid

from kontor.campaigns.v1 import events_pb2

from kernel.outbox import Fact


def campaign_started(campaign_id: uuid.UUID) -> Fact:
    """A campaign was handed to the sender."""
    return Fact("campaigns.campaign.started", events_pb2.CampaignStarted(campaign_id=str(campaign_id)))


def campaign_finished(campaign_id: uuid.UUID, *, sent: int, denied: int) -> Fact:
    """Every message of a campaign has come to its end."""
    return Fact(
        "campaigns.campaign.finished",
        events_pb2.CampaignFinished(campaign_id=str(campaign_id), sent=sent, denied=denied),
    )


def message_sent(
    message_id: uuid.UUID,
    *,
    campaign_id: uuid.UUID,
    contact_id: uuid.UUID | None,
    permit_id: uuid.UUID | None,
) -> Fact:
    """The relay has accepted a message. The contact is missing if it was erased in the meantime."""
    return Fact(
        "campaigns.message.sent",
        events_pb2.MessageSent(
            message_id=str(message_id),
            campaign_id=str(campaign_id),
            contact_id=str(contact_id or ""),
            permit_id=str(permit_id or ""),
        ),
    )


def sign_up_requested(sign_up_id: uuid.UUID) -> Fact:
    """Somebody filled in a form; nothing is confirmed yet."""
    return Fact("campaigns.signup.requested", events_pb2.SignUpRequested(sign_up_id=str(sign_up_id)))


def sign_up_confirmed(sign_up_id: uuid.UUID, *, contact_id: uuid.UUID) -> Fact:
    """The link in the confirmation mail was followed, and the consents are recorded."""
    return Fact(
        "campaigns.signup.confirmed",
        events_pb2.SignUpConfirmed(sign_up_id=str(sign_up_id), contact_id=str(contact_id)),
    )
