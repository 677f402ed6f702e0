"""Both values of every field in which an edit and the stored record differ."""

from __future__ import annotations

from dataclasses import dataclass

from kontor.contacts.v1.contacts_pb2 import Contact

from services.gateway import labels
from services.gateway.contacts.forms import ContactForm


@dataclass(frozen=True)
class Difference:
    """One field: what stands there now, and what was entered."""

    label: str
    stored: str
    entered: str


def differences(form: ContactForm, stored: Contact) -> list[Difference]:
    """In the order of the form."""
    rows = []
    if form.salutation.data != stored.salutation:
        rows.append(
            Difference(
                str(form.salutation.label.text),
                str(labels.label(labels.SALUTATIONS, stored.salutation).text),
                str(labels.label(labels.SALUTATIONS, form.salutation.data).text),
            )
        )
    for name in form.texts():
        now, mine = getattr(stored, name), form[name].data or ""
        if now != mine:
            rows.append(Difference(str(form[name].label.text), now or "–", mine or "–"))
    return rows
