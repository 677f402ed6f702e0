"""Composition root of the campaigns service."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from kontor.campaigns.v1 import (
    asking_mails_pb2_grpc,
    campaigns_pb2_grpc,
    notices_pb2_grpc,
    renewals_pb2_grpc,
)
from kontor.privacy.v1 import holder_pb2_grpc

from kernel.clock import Clock, SystemClock
from kernel.db import Database, WriteSession
from kernel.lifecycle import Backend, run
from kernel.own_contact import RemoteOwnContact
from services.campaigns.askings.jobs import AskingMailSender
from services.campaigns.askings.rpc import AskingMailsRpc
from services.campaigns.askings.service import AskingMailsService
from services.campaigns.audiences.rpc import AudiencesRpc
from services.campaigns.audiences.service import AudiencesService
from services.campaigns.campaigns.jobs import Freeze
from services.campaigns.campaigns.rpc import CampaignsRpc
from services.campaigns.campaigns.service import CampaignsService
from services.campaigns.clients import ContactsClient, Neighbours, PrivacyClient
from services.campaigns.config import Settings
from services.campaigns.consumers import consumers
from services.campaigns.forms.jobs import Confirmations
from services.campaigns.forms.rpc import FormsRpc
from services.campaigns.forms.service import FormsService
from services.campaigns.holder import make_holder
from services.campaigns.invitations.jobs import InvitationSender
from services.campaigns.invitations.service import InvitationsService
from services.campaigns.links.model import LinkTokens
from services.campaigns.links.rpc import LinksRpc
from services.campaigns.links.service import LinksService
from services.campaigns.notices.jobs import NoticeSender
from services.campaigns.notices.rpc import NoticesRpc
from services.campaigns.notices.service import NoticesService
from services.campaigns.renewals.jobs import RenewalSender
from services.campaigns.renewals.rpc import RenewalsRpc
from services.campaigns.renewals.service import RenewalsService
from services.campaigns.sender.evidence import RelayEvidence
from services.campaigns.sender.handover import Handover, Route, Timing
from services.campaigns.sender.jobs import Letterhead, Sender
from services.campaigns.sender.mail import Mailbox
from services.campaigns.sender.relay import Relay
from services.campaigns.sender.service import Messages
from services.campaigns.tables import metadata
from services.campaigns.templates.rpc import TemplatesRpc
from services.campaigns.templates.service import TemplatesService

# What starts a job is a row; this is the longest it waits to be seen.
_LOOK_S = 1.0
_DAILY_S = 3600.0


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the RPCs and the jobs call."""

    messages: Messages
    templates: TemplatesService
    audiences: AudiencesService
    campaigns: CampaignsService
    forms: FormsService
    links: LinksService
    invitations: InvitationsService
    notices: NoticesService
    renewals: RenewalsService
    askings: AskingMailsService


@dataclass(frozen=True, slots=True)
class Sending:
    """What leads to the relay."""

    relay: Relay
    sender: Sender
    confirmations: Confirmations
    invitations: InvitationSender
    notices: NoticeSender
    renewals: RenewalSender
    askings: AskingMailSender


def make_use_cases(
    settings: Settings, database: Database, *, neighbours: Neighbours, clock: Clock
) -> UseCases:
    """Everything that answers a call."""
    secrets = settings.secret_keys
    messages = Messages()
    templates = TemplatesService(database, portal_url=settings.portal_url)
    audiences = AudiencesService(database, neighbours=neighbours)
    campaigns = CampaignsService(database, templates=templates, audiences=audiences, messages=messages)
    sign_up_tokens = LinkTokens(secrets, purpose="sign-up")
    forms = FormsService(database, neighbours=neighbours, tokens=sign_up_tokens, clock=clock)
    links = LinksService(
        database,
        messages=messages,
        campaigns=campaigns,
        neighbours=neighbours,
        tokens=LinkTokens(secrets, purpose="message"),
        clock=clock,
    )
    invitations = InvitationsService(database, contacts=neighbours.contacts, clock=clock)
    return UseCases(
        messages,
        templates,
        audiences,
        campaigns,
        forms,
        links,
        invitations,
        NoticesService(database, clock=clock),
        RenewalsService(
            database, neighbours=neighbours, tokens=LinkTokens(secrets, purpose="renewal"), clock=clock
        ),
        AskingMailsService(database, clock=clock),
    )


def make_sending(
    settings: Settings, database: Database, use_cases: UseCases, *, neighbours: Neighbours, clock: Clock
) -> Sending:
    """Everything that sends."""
    secrets = settings.secret_keys
    route = make_route(settings)
    sender = Sender(
        campaigns=use_cases.campaigns,
        templates=use_cases.templates,
        neighbours=neighbours,
        handover=Handover(
            database, metadata.tables["message"], route=route, on_sent=use_cases.messages.note_sent
        ),
        letterhead=Letterhead(route.sender, LinkTokens(secrets, purpose="message"), settings.portal_url),
        clock=clock,
    )
    confirmations = Confirmations(
        handover=Handover(database, metadata.tables["sign_up"], route=route, on_sent=_tell_nobody),
        privacy=neighbours.privacy,
        sender=route.sender,
        tokens=LinkTokens(secrets, purpose="sign-up"),
        portal_url=settings.portal_url,
    )
    invitations = InvitationSender(
        handover=Handover(database, metadata.tables["invitation_mail"], route=route, on_sent=_tell_nobody),
        neighbours=neighbours,
        invitations=use_cases.invitations,
        portal_url=settings.portal_url,
        sender=route.sender,
        clock=clock,
    )
    notices = NoticeSender(
        handover=Handover(database, metadata.tables["notice_mail"], route=route, on_sent=_tell_nobody),
        neighbours=neighbours,
        portal_url=settings.portal_url,
        sender=route.sender,
    )
    renewals = RenewalSender(
        handover=Handover(database, metadata.tables["renewal_mail"], route=route, on_sent=_tell_nobody),
        neighbours=neighbours,
        portal_url=settings.portal_url,
        sender=route.sender,
        tokens=LinkTokens(secrets, purpose="renewal"),
    )
    askings = AskingMailSender(
        handover=Handover(database, metadata.tables["asking_mail"], route=route, on_sent=_tell_nobody),
        privacy=neighbours.privacy,
        portal_url=settings.portal_url,
        sender=route.sender,
    )
    return Sending(route.relay, sender, confirmations, invitations, notices, renewals, askings)


def make_route(settings: Settings) -> Route:
    """The way to the relay, and to its evidence."""
    mailbox = Mailbox.parse(settings.mail_from)
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        sender=mailbox.address,
        name=mailbox.domain,
        connections=settings.smtp_connections,
    )
    url = settings.relay_evidence_url
    return Route(
        relay=relay,
        evidence=RelayEvidence(url) if url else None,
        sender=mailbox,
        timing=Timing(settings.hand_over_s, settings.settle_s),
    )


async def _tell_nobody(session: WriteSession, ids: set[uuid.UUID]) -> None:
    """These mails are no events: the sign-up or the invitation was told when it was asked for."""


def add_servicers(backend: Backend, use_cases: UseCases) -> None:
    """Serves the contract."""
    add, pages, v1 = backend.add, backend.pages, "kontor.campaigns.v1"
    grpc = campaigns_pb2_grpc
    add(grpc.add_TemplatesServicer_to_server, TemplatesRpc(use_cases.templates, pages), f"{v1}.Templates")
    add(grpc.add_AudiencesServicer_to_server, AudiencesRpc(use_cases.audiences, pages), f"{v1}.Audiences")
    add(grpc.add_CampaignsServicer_to_server, CampaignsRpc(use_cases.campaigns, pages), f"{v1}.Campaigns")
    add(grpc.add_FormsServicer_to_server, FormsRpc(use_cases.forms), f"{v1}.Forms")
    add(grpc.add_LinksServicer_to_server, LinksRpc(use_cases.links), f"{v1}.Links")
    add(notices_pb2_grpc.add_NoticesServicer_to_server, NoticesRpc(use_cases.notices), f"{v1}.Notices")
    add(renewals_pb2_grpc.add_RenewalsServicer_to_server, RenewalsRpc(use_cases.renewals), f"{v1}.Renewals")
    askings = AskingMailsRpc(use_cases.askings)
    add(asking_mails_pb2_grpc.add_AskingMailsServicer_to_server, askings, f"{v1}.AskingMails")
    holder = make_holder(backend.database, metadata, backend.signer)
    add(holder_pb2_grpc.add_DataHolderServicer_to_server, holder, "kontor.privacy.v1.DataHolder")


async def main() -> None:
    """Wires the service and serves."""
    settings = Settings()
    backend = Backend("campaigns", settings, metadata=metadata)
    contacts_channel = backend.channel(settings.contacts_target, to="contacts")
    privacy_channel = backend.channel(settings.privacy_target, to="privacy")
    neighbours = Neighbours(ContactsClient(contacts_channel), PrivacyClient(privacy_channel))
    database, clock = backend.database, SystemClock()
    use_cases = make_use_cases(settings, database, neighbours=neighbours, clock=clock)
    sending = make_sending(settings, database, use_cases, neighbours=neighbours, clock=clock)
    add_servicers(backend, use_cases)

    send = backend.every("send", _LOOK_S, sending.sender.run)
    freeze = Freeze(
        database,
        audiences=use_cases.audiences,
        contacts=neighbours.contacts,
        messages=use_cases.messages,
        on_page=send.wake,
    )
    backend.every("freeze", _LOOK_S, freeze.run)
    backend.every("confirmations", _LOOK_S, sending.confirmations.run)
    backend.every("invitations", _LOOK_S, sending.invitations.run)
    backend.every("notices", _LOOK_S, sending.notices.run)
    backend.every("renewals", _LOOK_S, sending.renewals.run)
    backend.every("asking-mails", _LOOK_S, sending.askings.run)
    backend.consume(consumers(use_cases.invitations, use_cases.renewals))
    backend.every("repair-sign-ups", 30, use_cases.forms.repair)
    await backend.run(own_contact=RemoteOwnContact(contacts_channel))
    await sending.relay.close()


if __name__ == "__main__":
    run(main)
