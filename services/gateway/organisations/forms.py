"""The form of a new organisation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from kernel.web.forms import Form, at_most, required, strip


class OrganisationForm(Form):
    """A company, authority or club."""

    name = StringField(_l("Name"), filters=[strip], validators=[required, at_most(200)])
    city = StringField(_l("City"), filters=[strip], validators=[at_most(100)])
    website = StringField(_l("Website"), filters=[strip], validators=[at_most(200)])
