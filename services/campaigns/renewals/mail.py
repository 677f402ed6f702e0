"""The letter: a consent ends, and one page lets it go on or end at once. It advertises nothing."""

from __future__ import annotations

from services.campaigns.clients import Person
from services.campaigns.renewals.model import Asked
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

_WORDS = {
    "de": (
        "Möchten Sie unsere Nachrichten weiterhin erhalten?",
        "Guten Tag{name},",
        "Ihre Einwilligung in unsere Nachrichten zu „{topic}“ endet am {day}. Auf dieser Seite können Sie sie "
        "erneuern oder sofort beenden, beides mit einem Klick:",
        "Erneuern oder beenden",
        "Wenn Sie nichts tun, endet sie von selbst, und Sie erhalten nach diesem Tag nichts mehr zu diesem Thema. "
        "Wir fragen nur dieses eine Mal.",
        "%d.%m.%Y",
    ),
    "en": (
        "Do you want to go on receiving our messages?",
        "Hello{name},",
        "your consent to our messages about “{topic}” ends on {day}. On this page you can renew it or end it at once, "
        "each with one click:",
        "Renew or end",
        "If you do nothing, it ends by itself, and after that day you receive nothing more on this topic. "
        "We ask this one time only.",
        "%Y-%m-%d",
    ),
}


def question(asked: Asked, person: Person, *, title: str, sender: Mailbox, link: str) -> Letter:
    """The same for the same question and person, so that its hash is evidence. Errors: AddressUnusable."""
    language = "en" if person.language == "en" else "de"
    subject, hello, why, button, otherwise, form = _WORDS[language]
    words = Words(
        language,
        subject,
        hello,
        why.format(topic=title, day=asked.last_day.strftime(form)),
        button,
        otherwise,
    )
    name = f"{person.reader.given_name} {person.reader.family_name}".strip()
    text, html = bodies(words, hello=hello.format(name=f" {name}" if name else ""), link=link, sender=sender)
    return Letter(
        id=asked.id,
        sender=sender,
        recipient=Mailbox.of(person.email, name),
        subject=subject,
        text=text,
        html=html,
        date=asked.planned_at,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
