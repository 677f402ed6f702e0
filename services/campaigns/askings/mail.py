"""The letters: the code, or the answer that there is nothing. Nobody is named: whoever typed an address chose it."""

from __future__ import annotations

import uuid

from services.campaigns.askings.model import Asking, Kind
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

# As `RequestKind` on the wire.
_RIGHTS = {
    "de": {
        1: "Auskunft über alle gespeicherten Daten",
        2: "Löschung der gespeicherten Daten",
        3: "Berichtigung gespeicherter Daten",
        4: "Einschränkung der Verarbeitung",
        5: "Daten zum Mitnehmen",
        6: "Widerspruch gegen die Verarbeitung",
        7: "Widerruf aller Einwilligungen",
    },
    "en": {
        1: "a copy of all data that is stored",
        2: "erasure of the data that is stored",
        3: "correction of data that is stored",
        4: "restriction of the processing",
        5: "data to take along",
        6: "objection to the processing",
        7: "withdrawal of all consents",
    },
}
_WHY = {
    "de": {
        Kind.CODE: "am {day} hat jemand auf unserer Seite mit dieser Adresse verlangt: {right}. Bevor wir etwas tun, "
        "müssen wir wissen, dass die Adresse Ihnen gehört. Ihr Code lautet {code}. Er gilt sieben Tage lang und "
        "nur einmal. Bitte geben Sie ihn hier ein:",
        Kind.NOTHING_HELD: "am {day} haben Sie verlangt: {right}. Wir haben in allen Systemen nachgesehen: Unter "
        "dieser Adresse verarbeiten wir keine Daten über Sie (Art. 15 Abs. 1 DSGVO).{listed} Ihre Anfrage ist damit "
        "beantwortet, und wir löschen sie in den nächsten Tagen. Wenn Sie uns unter einer anderen Adresse kennen, "
        "fragen Sie bitte mit dieser:",
        Kind.KEPT: "am {day} haben Sie verlangt: {right}. Unter dieser Adresse führen wir niemanden mehr. Sie steht "
        "aber noch in Unterlagen, die wir aufbewahren müssen und für nichts anderes verwenden.{listed} Welche das "
        "sind und wie lange, sagt Ihnen ein Mensch: Bitte antworten Sie dazu auf diese Mail. Mehr über Ihre Rechte:",
    },
    "en": {
        Kind.CODE: "on {day} somebody asked on our page, with this address, for {right}. Before we do anything, we "
        "have to know that the address is yours. Your code is {code}. It works for seven days, and once. Please "
        "enter it here:",
        Kind.NOTHING_HELD: "on {day} you asked for {right}. We have looked in every system: under this address we "
        "process no data about you (Art. 15(1) GDPR).{listed} With this your request is answered, and we delete it "
        "within days. If we know you under another address, please ask with that one:",
        Kind.KEPT: "on {day} you asked for {right}. We know nobody under this address any more. It still stands in "
        "records that we have to keep and use for nothing else.{listed} Which these are, and for how long, a person "
        "tells you: please answer this mail. More about your rights:",
    },
}
_LISTED = {
    "de": " Nur ein Prüfwert der Adresse steht auf unserer Sperrliste, damit Ihnen niemand schreibt.",
    "en": " Only a check value of the address is on our suppression list, so that nobody writes to you.",
}
_FRAMES = {
    "de": ("Ihre Datenschutzanfrage", "Guten Tag,", "%d.%m.%Y"),
    "en": ("Your data protection request", "Hello,", "%Y-%m-%d"),
}
_BUTTONS = {
    "de": {Kind.CODE: "Code eingeben", Kind.NOTHING_HELD: "Noch einmal fragen", Kind.KEPT: "Ihre Rechte"},
    "en": {Kind.CODE: "Enter the code", Kind.NOTHING_HELD: "Ask again", Kind.KEPT: "Your rights"},
}
_REMEDY = {
    "de": "Sie können sich bei jeder Datenschutzbehörde beschweren oder vor Gericht gehen, wenn Sie meinen, dass das "
    "nicht stimmt.",
    "en": "You can complain to any data protection authority, or go to court, if you think that this is not right.",
}
_OTHERWISE = {
    "de": "Wenn Sie nichts verlangt haben, brauchen Sie nichts zu tun: Ohne den Code geschieht nichts, und die Anfrage "
    "wird nach sieben Tagen gelöscht.",
    "en": "If you did not ask for anything, there is nothing to do: without the code nothing happens, and the request "
    "is deleted after seven days.",
}


def letter_about(
    mail_id: uuid.UUID, asking: Asking, kind: Kind, *, code: str, sender: Mailbox, link: str
) -> Letter:
    """The letter; what somebody has typed beside the address stands in none. Errors: AddressUnusable."""
    language = "en" if asking.language == "en" else "de"
    subject, hello, form = _FRAMES[language]
    why = _WHY[language][kind].format(
        day=asking.asked_at.strftime(form),
        right=_RIGHTS[language].get(asking.right, ""),
        code=code,
        listed=_LISTED[language] if asking.suppressed else "",
    )
    otherwise = (_OTHERWISE if kind is Kind.CODE else _REMEDY)[language]
    words = Words(language, subject, hello, why, _BUTTONS[language][kind], otherwise)
    text, html = bodies(words, hello=hello, link=link, sender=sender)
    return Letter(
        id=mail_id,
        sender=sender,
        recipient=Mailbox.of(asking.email, ""),
        subject=subject,
        text=text,
        html=html,
        date=asking.asked_at,
        headers=(("Auto-Submitted", "auto-generated"),),
    )
