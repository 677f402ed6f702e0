"""Subject → use case: the facts of other services that lead to mails here."""

from __future__ import annotations

from collections.abc import Sequence

from kontor.contacts.v1 import events_pb2 as contacts
from kontor.privacy.v1 import events_pb2 as privacy

from kernel.consuming import Subscription
from services.campaigns.invitations.service import InvitationsService
from services.campaigns.renewals.service import RenewalsService


def consumers(invitations: InvitationsService, renewals: RenewalsService) -> Sequence[Subscription]:
    """What this service listens to."""
    return (
        Subscription("contacts.login.invited", contacts.LoginInvited, invitations.plan),
        Subscription("privacy.consent.ending", privacy.ConsentRenewalDue, renewals.plan),
    )
