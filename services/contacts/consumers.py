"""Subject → use case: the facts of every service that make up a contact's timeline."""

from __future__ import annotations

from collections.abc import Sequence

from kontor.campaigns.v1 import events_pb2 as campaigns
from kontor.contacts.v1 import events_pb2 as contacts
from kontor.privacy.v1 import events_pb2 as privacy
from kontor.tickets.v1 import events_pb2 as tickets

from kernel.consuming import Delivered, Handler, Subscription
from services.contacts.timeline.service import TimelineService


def consumers(timeline: TimelineService) -> Sequence[Subscription]:
    """What this service listens to."""

    def noted(reference: str) -> Handler:
        """Enters the fact with the record that this field of it names."""

        async def handle(fact: Delivered) -> None:
            await timeline.note(
                fact,
                reference_id=getattr(fact.message, reference),
                internal=getattr(fact.message, "internal", False),
            )

        return handle

    return (
        Subscription("contacts.contact.created", contacts.ContactCreated, noted("contact_id")),
        Subscription("contacts.login.invited", contacts.LoginInvited, noted("invitation_id")),
        Subscription("contacts.login.linked", contacts.LoginLinked, noted("login_id")),
        Subscription("contacts.login.removed", contacts.LoginRemoved, noted("login_id")),
        Subscription("contacts.login.opened", contacts.LoginOpened, noted("login_id")),
        Subscription("tickets.ticket.opened", tickets.TicketOpened, noted("ticket_id")),
        Subscription("tickets.message.added", tickets.MessageAdded, noted("ticket_id")),
        Subscription("campaigns.message.sent", campaigns.MessageSent, noted("campaign_id")),
        Subscription("privacy.consent.given", privacy.ConsentGiven, noted("consent_id")),
        Subscription("privacy.consent.refused", privacy.ConsentRefused, noted("consent_id")),
        Subscription("privacy.consent.renewed", privacy.ConsentRenewed, noted("consent_id")),
        Subscription("privacy.consent.expired", privacy.ConsentExpired, noted("consent_id")),
        Subscription("privacy.consent.withdrawn", privacy.ConsentWithdrawn, noted("consent_id")),
        Subscription("privacy.request.received", privacy.RequestReceived, noted("request_id")),
        Subscription("privacy.request.completed", privacy.RequestCompleted, noted("request_id")),
        Subscription("privacy.restriction.imposed", privacy.RestrictionImposed, noted("restriction_id")),
        Subscription(
            "privacy.restriction.announced", privacy.RestrictionLiftingAnnounced, noted("restriction_id")
        ),
        Subscription("privacy.restriction.lifted", privacy.RestrictionLifted, noted("restriction_id")),
    )
