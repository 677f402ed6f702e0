"""The contact form, and how it becomes a message and back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import Contact, Organisation, Relation
from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import Email, Optional

from kernel.web.forms import Form, at_most, strip, strip_lines
from kernel.web.options import options
from services.gateway.labels import COUNTRIES, LANGUAGES, SALUTATIONS

# Fields whose values go over as they are.
TEXTS = (
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "country",
    "language",
    "team",
    "note",
)
# What the form says about the first relation.
RELATION = ("organisation_id", "role", "shared")


# What the service refuses, in the reader's language; the form itself cannot know it.
FAULTS = {
    "email": _l("This does not look like an e-mail address."),
    "phone": _l("This is not a phone number. Example: +49 221 471013"),
    "family_name": _l("A contact needs a name or an e-mail address."),
}


class ContactForm(Form):
    """Everything about a person that staff may write."""

    salutation = SelectField(
        _l("Salutation"),
        coerce=int,
        choices=options([(0, "–"), *((value, found.text) for value, found in SALUTATIONS.items())]),
    )
    given_name = StringField(_l("First name"), filters=[strip], validators=[at_most(100)])
    family_name = StringField(_l("Last name"), filters=[strip], validators=[at_most(100)])
    email = EmailField(
        _l("E-mail address"),
        filters=[strip],
        validators=[
            Optional(),
            Email(message=_l("This does not look like an e-mail address.")),
            at_most(254),
        ],
    )
    phone = TelField(_l("Phone"), filters=[strip], validators=[at_most(40)])
    street = StringField(_l("Street and number"), filters=[strip], validators=[at_most(200)])
    postal_code = StringField(_l("Postal code"), filters=[strip], validators=[at_most(20)])
    city = StringField(_l("City"), filters=[strip], validators=[at_most(100)])
    country = SelectField(_l("Country"), choices=options([("", "–"), *COUNTRIES.items()]))
    language = SelectField(_l("Language"), choices=options([("", "–"), *LANGUAGES.items()]))
    organisation_id = SelectField(_l("Organisation"), choices=options([("", "–")]), validate_choice=False)
    role = StringField(_l("Role there"), filters=[strip], validators=[at_most(100)])
    shared = BooleanField(_l("Acts for the organisation"))
    team = SelectField(_l("Team"), choices=options([("", _l("everybody's"))]), validate_choice=False)
    note = TextAreaField(_l("Note"), filters=[strip_lines], validators=[at_most(20000)])
    # What was read before editing: a change by somebody else in between shows in the one, and whose it is in the other.
    etag = HiddenField()
    read = HiddenField()

    def offer(
        self, organisations: Iterable[Organisation], teams: Iterable[str], contact: Contact | None = None
    ) -> None:
        """Set what can be chosen, also what is stored and stands in no list."""
        stored = [contact.team] if contact is not None and contact.team else []
        self.team.choices = [*self.team.choices, *options((t, t) for t in sorted({*teams, *stored}))]
        known = {"": "–", **{o.id: o.name for o in organisations}}
        if contact is not None:
            known.update({r.organisation_id: r.organisation_name for r in contact.relations})
            if contact.country and contact.country not in COUNTRIES:
                self.country.choices = [*self.country.choices, *options([(contact.country, contact.country)])]
        by_name = sorted(known.items(), key=lambda pair: (pair[0] != "", pair[1].casefold()))
        self.organisation_id.choices = options(by_name)

    def close(self, masked: Collection[str]) -> None:
        """Take out what the role may not see: what is not shown cannot be overwritten."""
        for name in masked:
            if name in self:
                del self[name]

    def show(self, contact: Contact) -> None:
        """Fill the form with what is stored."""
        for name, value in self.values_of(contact).items():
            self[name].data = value
        self.remember(contact)

    def remember(self, contact: Contact) -> None:
        """Note what is stored now: what is entered is compared with it."""
        self.etag.data = contact.etag
        self.read.data = json.dumps(self.values_of(contact))

    def values_of(self, contact: Contact) -> dict[str, Any]:
        """What of a contact stands in the form, by field."""
        first = contact.relations[0] if contact.relations else Relation()
        return {
            **{name: getattr(contact, name) for name in ("salutation", *self.texts())},
            **{name: getattr(first, name) for name in RELATION},
        }

    def values_read(self) -> dict[str, Any]:
        """What stood in the form before anything was entered; empty if the browser did not send it back."""
        try:
            found = json.loads(self.read.data or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def texts(self) -> list[str]:
        """The texts that are open to the role."""
        return [name for name in TEXTS if name in self]

    def contact(self, before: Contact | None = None) -> Contact:
        """What was entered; relations beyond the first stay as they were."""
        texts: dict[str, Any] = {name: self[name].data or "" for name in self.texts()}
        entered = Contact(salutation=self.salutation.data, **texts)
        kept = list(before.relations[1:]) if before is not None else []
        if self.organisation_id.data:
            first = Relation(
                organisation_id=self.organisation_id.data,
                role=self.role.data or "",
                shared=bool(self.shared.data),
            )
            kept.insert(0, first)
        entered.relations.extend(kept)
        return entered


def changes(entered: Contact, stored: Contact) -> FieldMask:
    """Only what differs is sent: a field that nobody touched cannot overwrite anything."""
    names = [name for name in ("salutation", *TEXTS) if name not in stored.masked_fields]
    paths = [name for name in names if getattr(entered, name) != getattr(stored, name)]
    if _relations(entered) != _relations(stored):
        paths.append("relations")
    return FieldMask(paths=paths)


def _relations(contact: Contact) -> list[tuple[str, str, bool]]:
    return [(r.organisation_id, r.role, r.shared) for r in contact.relations]
