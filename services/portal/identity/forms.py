"""The form of the code."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from kernel.web.forms import Form, at_most, required, strip


class Code(Form):
    """As it stands in the mail, with its dashes or without."""

    code = StringField(_l("Code from the mail"), filters=[strip], validators=[required, at_most(40)])
