"""Subject → use case: the facts of other services that lead to mails here."""

from __future__ import annotations

from collections.abc import Sequence

from kontor.contacts.v1 import events_pb2 as contacts

from kernel.consuming import Subscription
from services.campaigns.invitations.service import InvitationsService


def consumers(invitations: InvitationsService) -> Sequence[Subscription]:
    """What this service listens to."""
    return (Subscription("contacts.login.invited", contacts.LoginInvited, invitations.plan),)
