"""One topic, on or off: the same form both ways."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import AnyOf, Length

from kernel.web.forms import Form, required


class Switch(Form):
    """Gives or withdraws one topic; `text_id` is the text that stood beside the button."""

    topic = HiddenField(validators=[required, Length(max=60)])
    to = HiddenField(validators=[AnyOf(["on", "off"])])
    text_id = HiddenField(validators=[Length(max=36)])
