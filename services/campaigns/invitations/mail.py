"""The letter that brings the link: it says who invites, to what, and what to do if it was not meant."""

from __future__ import annotations

import uuid
from datetime import datetime

from services.campaigns.clients import Person
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

_WORDS = {
    "de": Words(
        language="de",
        subject="Ihr Zugang zum Kundenportal",
        hello="Guten Tag{name},",
        why="mit diesem Link verbinden Sie ein Konto unseres Kundenportals mit Ihren Daten bei uns. "
        "Wer den Link öffnet und sich anmeldet, sieht sie; geben Sie ihn nur weiter, wenn Sie das wollen:",
        button="Zugang einrichten",
        otherwise="Der Link gilt sieben Tage lang und nur einmal. Wenn Sie keinen Zugang möchten, brauchen Sie "
        "nichts zu tun. Im Portal sehen Sie jederzeit, wer Zugang hat, und können ihn beenden.",
    ),
    "en": Words(
        language="en",
        subject="Your access to the customer portal",
        hello="Hello{name},",
        why="this link joins a login of our customer portal to your data with us. "
        "Whoever opens the link and logs in sees it; pass it on only if you want that:",
        button="Set up access",
        otherwise="The link works for seven days, and once. If you want no access, there is nothing to do. "
        "The portal shows at any time who has access, and lets you end it.",
    ),
}


def invitation(
    invitation_id: uuid.UUID, person: Person, *, sender: Mailbox, link: str, date: datetime
) -> Letter:
    """Errors: AddressUnusable."""
    words = _WORDS["en" if person.language == "en" else "de"]
    name = f"{person.reader.given_name} {person.reader.family_name}".strip()
    hello = words.hello.format(name=f" {name}" if name else "")
    text, html = bodies(words, hello=hello, link=link, sender=sender)
    return Letter(
        id=invitation_id,
        sender=sender,
        recipient=Mailbox.of(person.email, name),
        subject=words.subject,
        text=text,
        html=html,
        date=date,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
