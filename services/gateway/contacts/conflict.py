"""An edit meets what somebody else has stored meanwhile: nobody's change is lost unseen."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from kontor.contacts.v1.contacts_pb2 import Contact
from wtforms import BooleanField, Field, SelectField

from services.gateway.contacts.forms import ContactForm


@dataclass(frozen=True)
class Difference:
    """One field that somebody else has changed: what stands there now, and what was entered against it, if anything."""

    label: str
    stored: str
    entered: str = ""


def settle(form: ContactForm, stored: Contact) -> list[Difference]:
    """Take over what only the other person has changed; of what both have changed the form keeps the own value.

    Answers all that the other person has changed, in the order of the form.
    """
    rows = []
    read = form.values_read()
    for name, theirs in form.values_of(stored).items():
        field, before = form[name], read.get(name)
        mine = field.data or type(theirs)()
        if theirs in (mine, before):
            continue
        label, now = str(field.label.text), _words(field, theirs)
        if mine == before:
            field.data = theirs
            rows.append(Difference(label, now))
        else:
            rows.append(Difference(label, now, _words(field, mine)))
    return rows


def _words(field: Field, value: object) -> str:
    if isinstance(field, BooleanField):
        return str(_("yes") if value else _("no"))
    if isinstance(field, SelectField):
        offered = {str(choice.value): str(choice.label) for choice in field.choices}
        return offered.get(str(value), str(value))
    return str(value) or "–"
