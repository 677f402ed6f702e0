"""What no declaration can say about an activity."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Regexp

from kernel.web.forms import Form, at_most, strip, strip_lines


class ConfirmForm(Form):
    """The word for exactly what was read."""

    fingerprint = HiddenField(validators=[Regexp(r"^[0-9a-f]{64}$")])


class ContextForm(Form):
    """Name and context of an activity."""

    version = HiddenField(default="0", validators=[Regexp(r"^\d{1,9}$")])
    name = StringField(_l("Name"), filters=[strip], validators=[at_most(200)])
    description = TextAreaField(
        _l("Purposes in your own words"), filters=[strip_lines], validators=[at_most(4000)]
    )
    subjects = StringField(_l("Categories of data subjects"), filters=[strip], validators=[at_most(500)])
    joint_controllers = TextAreaField(
        _l("Joint controllers"), filters=[strip_lines], validators=[at_most(1000)]
    )
    department = StringField(_l("Responsible department"), filters=[strip], validators=[at_most(200)])
    measures = TextAreaField(
        _l("Measures that protect just this"), filters=[strip_lines], validators=[at_most(2000)]
    )
