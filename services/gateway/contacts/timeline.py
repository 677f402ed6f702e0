"""Facts as sentences: what happened with a contact, told so that anybody understands it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import url_for
from flask_babel import lazy_gettext as _l
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.contacts.v1.contacts_pb2 import TimelineEntry

from services.gateway.session import may


@dataclass(frozen=True)
class Sentence:
    """One entry of the timeline as the page shows it."""

    text: str
    icon: str
    tone: str
    when: Timestamp
    href: str
    link: str
    about: str
    count: int


_TEXTS: dict[str, tuple[str, str, str]] = {
    "kontor.contacts.v1.ContactCreated": (_l("Contact was created"), "user-plus", "info"),
    "kontor.contacts.v1.ContactUpdated": (_l("Master data was changed"), "user-edit", "neutral"),
    "kontor.contacts.v1.ContactErased": (_l("Data was erased"), "eraser", "bad"),
    "kontor.contacts.v1.LoginLinked": (_l("A portal login was joined"), "login-2", "good"),
    "kontor.contacts.v1.LoginRemoved": (_l("A portal login was removed"), "logout", "warn"),
    "kontor.contacts.v1.LoginOpened": (_l("What a portal login sees was changed"), "eye", "warn"),
    "kontor.contacts.v1.LoginInvited": (_l("An invitation to the portal was sent"), "mail-forward", "info"),
    "kontor.contacts.v1.ImportCommitted": (_l("Came with an import"), "file-import", "info"),
    "kontor.tickets.v1.TicketOpened": (_l("A ticket was opened"), "message-plus", "info"),
    "kontor.tickets.v1.TicketUpdated": (_l("A ticket changed its state"), "progress", "neutral"),
    "kontor.tickets.v1.MessageAdded": (_l("A message was added to a ticket"), "message", "neutral"),
    "kontor.campaigns.v1.MessageSent": (_l("Received a campaign's mail"), "mail-check", "neutral"),
    "kontor.campaigns.v1.SignUpConfirmed": (_l("Confirmed the sign-up for mails"), "mail-opened", "good"),
    "kontor.privacy.v1.ConsentGiven": (_l("Gave a consent"), "circle-check", "good"),
    "kontor.privacy.v1.ConsentRefused": (_l("Said no to a consent"), "circle-x", "neutral"),
    "kontor.privacy.v1.ConsentRenewed": (_l("Renewed a consent"), "refresh", "good"),
    "kontor.privacy.v1.ConsentExpired": (_l("A consent expired"), "clock-off", "warn"),
    "kontor.privacy.v1.ConsentWithdrawn": (_l("Withdrew a consent"), "circle-x", "bad"),
    "kontor.privacy.v1.RequestReceived": (_l("Exercised a right of data protection"), "shield", "warn"),
    "kontor.privacy.v1.RestrictionImposed": (_l("Processing was restricted"), "lock", "warn"),
    "kontor.privacy.v1.RestrictionLiftingAnnounced": (
        _l("The end of the restriction was announced"),
        "lock",
        "neutral",
    ),
    "kontor.privacy.v1.RestrictionLifted": (_l("The restriction was lifted"), "lock-open", "good"),
    "kontor.privacy.v1.RequestCompleted": (_l("The request was answered"), "shield-check", "good"),
}


def _ticket(reference: str) -> str:
    return url_for("tickets.conversation", ticket_id=reference) if may("Tickets.GetTicket") else ""


def _request(reference: str) -> str:
    return url_for("requests.detail", request_id=reference) if may("Requests.GetRequest") else ""


def _campaign(reference: str) -> str:
    return url_for("campaigns.detail", campaign_id=reference) if may("Campaigns.GetCampaign") else ""


_LINKS: dict[str, tuple[Callable[[str], str], str]] = {
    "kontor.tickets.v1.TicketOpened": (_ticket, _l("Open the ticket")),
    "kontor.tickets.v1.TicketUpdated": (_ticket, _l("Open the ticket")),
    "kontor.tickets.v1.MessageAdded": (_ticket, _l("Open the ticket")),
    "kontor.campaigns.v1.MessageSent": (_campaign, _l("Open the campaign")),
    "kontor.privacy.v1.RequestReceived": (_request, _l("Open the request")),
    "kontor.privacy.v1.RequestCompleted": (_request, _l("Open the request")),
}


def sentences(entries: Iterable[TimelineEntry], *, names: Mapping[str, str]) -> list[Sentence]:
    """Newest first, as the service answers them; a row of the same thing about the same record is told once.

    `names` says what a record is called, by its id: a ticket's subject, a campaign's name.
    """
    grouped = groupby(entries, key=lambda entry: (entry.kind, entry.reference_id))
    return [_sentence([*group], names) for _key, group in grouped]


def _sentence(group: Sequence[TimelineEntry], names: Mapping[str, str]) -> Sentence:
    entry = group[0]
    # A kind that a newer service has added shows its own name: better than hiding that something happened.
    text, icon, tone = _TEXTS.get(entry.kind, (entry.kind.rpartition(".")[2], "point", "neutral"))
    address, link = _LINKS.get(entry.kind, (None, ""))
    href = address(entry.reference_id) if address is not None and entry.reference_id else ""
    about = names.get(entry.reference_id, "")
    return Sentence(str(text), icon, tone, entry.happen_time, href, str(link), about, len(group))
