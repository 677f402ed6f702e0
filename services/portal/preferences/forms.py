"""One topic, on or off, or no to what was asked: the same form every way."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import AnyOf, Length

from kernel.web.forms import Form, required


class Switch(Form):
    """Gives, withdraws or refuses one topic; `text_id` is the text that stood beside the button."""

    topic = HiddenField(validators=[required, Length(max=60)])
    to = HiddenField(validators=[AnyOf(["on", "off", "no"])])
    text_id = HiddenField(validators=[Length(max=36)])
