"""The letter: what has happened to the request, until when we answer, where to look. Nothing about the person."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from services.campaigns.clients import Person
from services.campaigns.notices.model import Kind
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

_WHY = {
    "de": {
        Kind.RECEIVED: "Ihre Datenschutzanfrage ist bei uns eingegangen. Wir antworten bis zum {due}. "
        "Wie sie steht, zeigt das Portal, wenn Sie dort gefragt haben:",
        Kind.IDENTIFIED: "wir wissen jetzt, dass Ihre Datenschutzanfrage von Ihnen kommt, und bearbeiten sie. "
        "Wir antworten bis zum {due}:",
        Kind.EXTENDED: "für Ihre Datenschutzanfrage brauchen wir mehr Zeit: Wir antworten bis zum {due}. "
        "Den Grund lesen Sie im Portal oder erfahren ihn von uns:",
        Kind.PLANNED: "der Plan zu Ihrer Datenschutzanfrage ist fertig. "
        "Bitte sehen Sie ihn an und entscheiden Sie vor dem {due}:",
        Kind.COMPLETED: "Ihre Datenschutzanfrage ist erledigt. Die Antwort finden Sie hier, wenn Sie im Portal "
        "gefragt haben:",
        Kind.IDENTITY_CODE: "bevor wir Ihre Datenschutzanfrage bearbeiten, müssen wir wissen, dass sie von Ihnen "
        "kommt. Ihr Code lautet {code}. Er gilt sieben Tage lang und nur einmal. Bitte geben Sie ihn hier ein:",
        Kind.REFUSED: "Ihre Datenschutzanfrage endet, ohne dass wir tun, was Sie verlangt haben. "
        "Den Grund lesen Sie im Portal oder erfahren ihn von uns. "
        "Sie können sich bei jeder Datenschutzbehörde beschweren oder vor Gericht gehen:",
        Kind.HELD: "Ihre Daten können wir zurzeit nicht löschen: Solange eine rechtliche Sperre besteht, müssen wir "
        "sie aufbewahren (Art. 17 Abs. 3 DSGVO). Sie sind gesperrt, und wir löschen sie von selbst, sobald die Sperre "
        "endet. Den Grund lesen Sie im Portal oder erfahren ihn von uns. Sie können sich bei jeder "
        "Datenschutzbehörde beschweren oder vor Gericht gehen:",
    },
    "en": {
        Kind.RECEIVED: "we have received your data protection request. We answer by {due}. "
        "The portal shows how it stands if you asked there:",
        Kind.IDENTIFIED: "we know by now that your data protection request comes from you, and work on it. "
        "We answer by {due}:",
        Kind.EXTENDED: "your data protection request takes us more time: we answer by {due}. "
        "The portal names the reason, or we do if you ask:",
        Kind.PLANNED: "the plan for your data protection request is ready. "
        "Please look at it and decide before {due}:",
        Kind.COMPLETED: "your data protection request is done. The answer is here if you asked in the portal:",
        Kind.IDENTITY_CODE: "before we work on your data protection request, we have to know that it comes from "
        "you. Your code is {code}. It works for seven days, and once. Please enter it here:",
        Kind.REFUSED: "your data protection request ends without our doing what you asked for. "
        "The portal names the reason, or we do if you ask. "
        "You can complain to any data protection authority, or go to court:",
        Kind.HELD: "we cannot erase your data at present: while a legal hold lasts, we have to keep it (Art. 17(3) "
        "GDPR). It is locked, and we erase it by ourselves as soon as the hold ends. The portal names the reason, "
        "or we do if you ask. You can complain to any data protection authority, or go to court:",
    },
}
FRAMES = {
    "de": ("Ihre Datenschutzanfrage", "Guten Tag{name},", "Zum Portal", "%d.%m.%Y"),
    "en": ("Your data protection request", "Hello{name},", "To the portal", "%Y-%m-%d"),
}
_BUTTONS = {Kind.IDENTITY_CODE: {"de": "Code eingeben", "en": "Enter the code"}}
OTHERWISE = {
    "de": "Wenn Sie nichts verlangt haben, antworten Sie bitte auf diese Mail: Dann hat jemand in Ihrem Namen "
    "gefragt.",
    "en": "If you did not ask for anything, please answer this mail: then somebody has asked in your name.",
}


class About(NamedTuple):
    """What has happened, until when we answer, and the code where the mail brings one."""

    kind: Kind
    due: date
    code: str = ""


def notice(
    notice_id: uuid.UUID,
    person: Person,
    about: About,
    *,
    sender: Mailbox,
    link: str,
    at: datetime,
) -> Letter:
    """The same for the same matter and person, so that its hash is evidence. Errors: AddressUnusable."""
    language = "en" if person.language == "en" else "de"
    subject, hello, button, form = FRAMES[language]
    why = _WHY[language][about.kind].format(due=about.due.strftime(form), code=about.code)
    button = _BUTTONS.get(about.kind, {}).get(language, button)
    words = Words(language, subject, hello, why, button, OTHERWISE[language])
    name = f"{person.reader.given_name} {person.reader.family_name}".strip()
    greeting = hello.format(name=f" {name}" if name else "")
    text, html = bodies(words, hello=greeting, link=link, sender=sender)
    return Letter(
        id=notice_id,
        sender=sender,
        recipient=Mailbox.of(person.email, name),
        subject=subject,
        text=text,
        html=html,
        date=at,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
