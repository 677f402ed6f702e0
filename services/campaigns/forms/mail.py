"""The one mail that is sent before anybody has consented: it asks, and advertises nothing."""

from __future__ import annotations

from services.campaigns.forms.model import SignUp
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

_WORDS = {
    "de": Words(
        language="de",
        subject="Bitte bestätigen Sie Ihre Newsletter-Bestellung",
        hello="Guten Tag,",
        why="mit dieser Adresse wurden unsere Nachrichten bestellt. Bitte bestätigen Sie, dass Sie das waren:",
        button="Bestellung bestätigen",
        otherwise="Der Link gilt 72 Stunden. Wenn Sie nichts bestellt haben, brauchen Sie nichts zu tun: "
        "Sie bekommen keine weitere Nachricht, und die Angaben werden nach 14 Tagen gelöscht.",
    ),
    "en": Words(
        language="en",
        subject="Please confirm your sign-up",
        hello="Hello,",
        why="somebody signed up for our messages with this address. Please confirm that it was you:",
        button="Confirm sign-up",
        otherwise="The link works for 72 hours. If it was not you, there is nothing to do: "
        "you will get no further message, and what was entered is deleted after 14 days.",
    ),
}


def confirmation(sign_up: SignUp, *, sender: Mailbox, portal_url: str, token: str) -> Letter:
    """Always the same for the same sign-up, so that its hash is evidence. Errors: AddressUnusable."""
    words = _WORDS[sign_up.language]
    link = f"{portal_url.rstrip('/')}/newsletter/confirm/{token}"
    # Without the name: whoever filled the form in chose it, and could be writing to a stranger in our name.
    text, html = bodies(words, hello=words.hello, link=link, sender=sender)
    return Letter(
        id=sign_up.id,
        sender=sender,
        recipient=Mailbox.of(sign_up.email, ""),
        subject=words.subject,
        text=text,
        html=html,
        date=sign_up.requested_at,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
