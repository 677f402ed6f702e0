"""The two forms of the tickets area; limits are those of the contract."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from kernel.web.forms import Form, at_most, required, strip, strip_lines


class NewTicket(Form):
    """A new ticket with its first message."""

    subject = StringField(_l("What is it about?"), filters=[strip], validators=[required, at_most(200)])
    body = TextAreaField(_l("Your message"), filters=[strip_lines], validators=[required, at_most(20000)])


class Reply(Form):
    """One more message in a conversation."""

    body = TextAreaField(_l("Your answer"), filters=[strip_lines], validators=[required, at_most(20000)])
