"""The form of a new campaign."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField

from kernel.web.forms import Form, at_most, required, strip, strip_lines


class CampaignForm(Form):
    """What is sent to whom, and what for."""

    name = StringField(_l("Name"), filters=[strip], validators=[required, at_most(120)])
    goal = TextAreaField(_l("Goal"), filters=[strip_lines], validators=[at_most(500)])
    template_id = SelectField(_l("Template"), validators=[required])
    audience_id = SelectField(_l("Audience"), validators=[required])
    category = SelectField(_l("Existing customers, too?"))
