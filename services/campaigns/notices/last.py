"""The last mail: that somebody is erased, what a law keeps, and the certificate. It calls nobody by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row

from services.campaigns.clients import Farewell
from services.campaigns.notices.mail import FRAMES, OTHERWISE
from services.campaigns.notices.model import Kind
from services.campaigns.sender.mail import Letter, Mailbox
from services.campaigns.sender.one_link import Words, bodies

_WHY = {
    "de": {
        Kind.ERASED: "wir haben Ihre Daten gelöscht. Die Bescheinigung liegt bei: als PDF zum Lesen und "
        "als Datei, mit der sich ihre Unterschrift prüfen lässt. {recipients}Dies ist unsere letzte Mail dazu. "
        "Sobald sie unterwegs ist, löschen wir auch Ihre Adresse. Wenn Sie im Portal gefragt haben, finden Sie die "
        "Bescheinigung auch dort:",
        Kind.PARTLY_ERASED: "wir haben Ihre Daten gelöscht, bis auf das, was ein Gesetz uns aufzubewahren "
        "zwingt: {kept}. Es ist gesperrt, und wir löschen es von selbst, sobald seine Frist endet. Die "
        "Bescheinigung liegt bei: als PDF zum Lesen und als Datei, mit der sich ihre Unterschrift prüfen lässt. "
        "{recipients}Dies ist unsere letzte Mail dazu. Sobald sie unterwegs ist, löschen wir auch Ihre Adresse; vom "
        "Ende der Frist können wir Ihnen deshalb nicht mehr schreiben. Sie können sich bei jeder Datenschutzbehörde "
        "beschweren oder vor Gericht gehen. Wenn Sie im Portal gefragt haben, finden Sie alles auch dort:",
    },
    "en": {
        Kind.ERASED: "we have erased your data. The certificate is enclosed: as a PDF to read, and as a "
        "file with which its signature can be checked. {recipients}This is our last mail about it. As soon as it is "
        "on its way, we erase your address, too. If you asked in the portal, you find the certificate there as "
        "well:",
        Kind.PARTLY_ERASED: "we have erased your data, except for what a law makes us keep: {kept}. It is "
        "locked, and we erase it by ourselves as soon as its period ends. The certificate is enclosed: as a PDF to "
        "read, and as a file with which its signature can be checked. {recipients}This is our last mail about it. "
        "As soon as it is on its way, we erase your address, too; so we cannot write to you when the period ends. "
        "You can complain to any data protection authority, or go to court. If you asked in the portal, you find "
        "everything there as well:",
    },
}
_RECIPIENTS = {
    "de": "Wer Ihre Daten von uns bekommen hat, erfährt von der Löschung: {names}. ",
    "en": "Whoever got your data from us hears of the erasure: {names}. ",
}
_ITEM = {"de": "{what} ({law}, bis zum {until})", "en": "{what} ({law}, until {until})"}


def last_mail(row: Row[Any], farewell: Farewell, *, sender: Mailbox, link: str) -> Letter:
    """The same for the same row, whenever it is made. Errors: AddressUnusable."""
    language = "en" if farewell.language == "en" else "de"
    subject, hello, button, form = FRAMES[language]
    kept = _kept(farewell.kept, language, form)
    names = "; ".join(farewell.recipients)
    told = _RECIPIENTS[language].format(names=names) if names else ""
    why = _WHY[language][Kind(row.kind)].format(kept=kept, recipients=told)
    words = Words(language, subject, hello, why, button, OTHERWISE[language])
    text, html = bodies(words, hello=hello.format(name=""), link=link, sender=sender)
    return Letter(
        id=row.id,
        sender=sender,
        recipient=Mailbox.of(farewell.address),
        subject=subject,
        text=text,
        html=html,
        date=row.planned_at,
        headers=(("Auto-Submitted", "auto-generated"),),
        files=farewell.files,
    )


def _kept(items: Iterable[tuple[str, str, date]], language: str, form: str) -> str:
    """Each thing once: several rounds or holders may keep the same."""
    texts = [
        _ITEM[language].format(what=what, law=law, until=until.strftime(form)) for what, law, until in items
    ]
    return "; ".join(dict.fromkeys(texts))
