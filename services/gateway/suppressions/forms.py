"""The forms of the suppression list: look for an address, and a new entry."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from kontor.privacy.v1.privacy_pb2 import CHANNEL_EMAIL, CHANNEL_PHONE
from wtforms import SelectField, StringField

from kernel.web.forms import Form, at_most, required, strip
from kernel.web.options import options

# As the web server takes them; 100,000 addresses are about 3 MB.
MAX_BYTES = 10 * 1024 * 1024
CHANNELS = [(CHANNEL_EMAIL, _l("E-mail")), (CHANNEL_PHONE, _l("Phone"))]


class ImportForm(Form):
    """A foreign list of addresses of one channel."""

    file = FileField(_l("File"), validators=[FileRequired(_l("Please choose a file."))])
    channel = SelectField(_l("Channel"), coerce=int, choices=options(CHANNELS))


# Why somebody may look an address up (kontor.privacy.v1.LookUpSuppressionRequest).
LOOK_UP_REASONS = {
    "person-asks": _l("The person asks us"),
    "complaint": _l("A complaint is being looked into"),
    "before-writing": _l("Before we write to somebody"),
    "audit": _l("To check the list itself"),
}


class CheckForm(Form):
    """An address that is looked for; it is neither stored nor part of any link."""

    channel = SelectField(
        _l("Channel"),
        coerce=int,
        choices=options(CHANNELS),
    )
    value = StringField(_l("Address or number"), filters=[strip], validators=[required, at_most(320)])
    reason = SelectField(_l("Why are you looking?"), choices=options(list(LOOK_UP_REASONS.items())))


class SuppressionForm(CheckForm):
    """An address that must not be contacted; only its keyed hash is kept."""

    reason = SelectField(
        _l("Reason"),
        choices=options([("objection", _l("The person objects")), ("staff", _l("Another reason"))]),
    )
