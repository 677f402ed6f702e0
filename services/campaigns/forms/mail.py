"""The one mail that is sent before anybody has consented: it asks, and advertises nothing."""

from __future__ import annotations

from html import escape

from services.campaigns.forms.model import SignUp
from services.campaigns.sender.mail import Letter, Mailbox

_WORDS = {
    "de": {
        "subject": "Bitte bestätigen Sie Ihre Anmeldung",
        "hello": "Guten Tag,",
        "why": "mit dieser Adresse wurde eine Anmeldung zu unseren Nachrichten ausgefüllt. "
        "Bitte bestätigen Sie, dass Sie das waren:",
        "button": "Anmeldung bestätigen",
        "else": "Der Link gilt 72 Stunden. Wenn Sie sich nicht angemeldet haben, brauchen Sie nichts zu tun: "
        "Sie bekommen keine weitere Nachricht, und Ihre Angaben werden nach 14 Tagen gelöscht.",
    },
    "en": {
        "subject": "Please confirm your sign-up",
        "hello": "Hello,",
        "why": "somebody signed up for our messages with this address. Please confirm that it was you:",
        "button": "Confirm sign-up",
        "else": "The link works for 72 hours. If it was not you, there is nothing to do: "
        "you will get no further message, and what was entered is deleted after 14 days.",
    },
}


def confirmation(sign_up: SignUp, *, sender: Mailbox, portal_url: str, token: str) -> Letter:
    """Always the same for the same sign-up, so that its hash is evidence. Errors: AddressUnusable."""
    words = _WORDS[sign_up.language]
    link = f"{portal_url.rstrip('/')}/newsletter/confirm/{token}"
    # Without the name: whoever filled the form in chose it, and could be writing to a stranger in our name.
    hello = words["hello"]
    # Whoever is asked to click must see who asks.
    signature = f"\n{sender.name}\n" if sender.name else ""
    text = f"{hello}\n\n{words['why']}\n\n{link}\n\n{words['else']}\n{signature}"
    html = (
        f'<!doctype html><html lang="{sign_up.language}"><head><meta charset="utf-8">'
        f"<title>{escape(words['subject'])}</title></head>"
        '<body style="font-family:sans-serif;font-size:16px;line-height:1.5">'
        f"<p>{escape(hello)}</p><p>{escape(words['why'])}</p>"
        f'<p><a href="{escape(link)}">{escape(words["button"])}</a></p>'
        f"<p>{escape(words['else'])}</p>{f'<p>{escape(sender.name)}</p>' if sender.name else ''}</body></html>\n"
    )
    return Letter(
        id=sign_up.id,
        sender=sender,
        recipient=Mailbox.of(sign_up.email, ""),
        subject=words["subject"],
        text=text,
        html=html,
        date=sign_up.requested_at,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
