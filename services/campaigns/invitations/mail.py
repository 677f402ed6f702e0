"""The letter that brings the link: it says who invites, to what, and what to do if it was not meant."""

from __future__ import annotations

import uuid
from datetime import datetime
from html import escape

from services.campaigns.clients import Person
from services.campaigns.sender.mail import Letter, Mailbox

_WORDS = {
    "de": {
        "subject": "Ihr Zugang zum Kundenportal",
        "hello": "Guten Tag{name},",
        "why": "mit diesem Link verbinden Sie eine Anmeldung unseres Kundenportals mit Ihren Daten bei uns. "
        "Wer den Link öffnet und sich anmeldet, sieht sie; geben Sie ihn nur weiter, wenn Sie das wollen:",
        "button": "Zugang einrichten",
        "else": "Der Link gilt sieben Tage und einmal. Wenn Sie keinen Zugang möchten, brauchen Sie nichts zu tun. "
        "Im Portal sehen Sie jederzeit, wer Zugang hat, und können ihn beenden.",
    },
    "en": {
        "subject": "Your access to the customer portal",
        "hello": "Hello{name},",
        "why": "this link joins a login of our customer portal to your data with us. "
        "Whoever opens the link and logs in sees it; pass it on only if you want that:",
        "button": "Set up access",
        "else": "The link works for seven days, and once. If you want no access, there is nothing to do. "
        "The portal shows at any time who has access, and lets you end it.",
    },
}


def invitation(
    invitation_id: uuid.UUID, person: Person, *, sender: Mailbox, link: str, date: datetime
) -> Letter:
    """Errors: AddressUnusable."""
    words = _WORDS["en" if person.language == "en" else "de"]
    name = f"{person.reader.given_name} {person.reader.family_name}".strip()
    hello = words["hello"].format(name=f" {name}" if name else "")
    signature = f"\n{sender.name}\n" if sender.name else ""
    html = (
        f'<!doctype html><html lang="{"en" if person.language == "en" else "de"}"><head><meta charset="utf-8">'
        f"<title>{escape(words['subject'])}</title></head>"
        '<body style="font-family:sans-serif;font-size:16px;line-height:1.5">'
        f"<p>{escape(hello)}</p><p>{escape(words['why'])}</p>"
        f'<p><a href="{escape(link)}">{escape(words["button"])}</a></p>'
        f"<p>{escape(words['else'])}</p>{f'<p>{escape(sender.name)}</p>' if sender.name else ''}</body></html>\n"
    )
    return Letter(
        id=invitation_id,
        sender=sender,
        recipient=Mailbox.of(person.email, name),
        subject=words["subject"],
        text=f"{hello}\n\n{words['why']}\n\n{link}\n\n{words['else']}\n{signature}",
        html=html,
        date=date,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
