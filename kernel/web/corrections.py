"""What a correction changes: the fields of a contact's record beside what was written over them (Art. 16 GDPR)."""

from __future__ import annotations

from collections.abc import Mapping

from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1.privacy_pb2 import Correction
from wtforms import Form

# What the record and a form of corrections have in common, in the form's order. The salutation and the language
# are chosen in the record.
CORRECTABLE = ("given_name", "family_name", "email", "phone", "street", "postal_code", "city")
# The field of the form, and of the correction, for what no field of the record holds.
OTHER = "other"


def standing(contact: Contact) -> Mapping[str, str]:
    """What a form of corrections begins with."""
    return {name: getattr(contact, name) for name in CORRECTABLE}


def corrections_in(form: Form, contact: Contact) -> list[Correction]:
    """What the form changes, with what stood there, and what was said in words; nothing if nothing is different."""
    changed = [
        Correction(field=name, before=before, after=form[name].data)
        for name, before in standing(contact).items()
        if form[name].data != before
    ]
    said = form[OTHER].data
    return [*changed, Correction(field=OTHER, after=said)] if said else changed
