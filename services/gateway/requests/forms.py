"""The form of the word to erase."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import DataRequired

from kernel.web.forms import Form
from services.gateway.labels import RESTRICTION_GROUNDS, STEP_REASONS
from services.gateway.options import options

_WAYS = ("letter", "phone", "in-person", "court")


class Restricting(Form):
    """On what the person demands it; without a ground there is no restriction."""

    ground = SelectField(
        _l("On what ground?"),
        choices=options(
            [
                ("", _l("Please choose")),
                *((str(number), shown.text) for number, shown in RESTRICTION_GROUNDS.items()),
            ]
        ),
        validators=[DataRequired(_l("Please choose the ground."))],
    )


class Word(Form):
    """How a person who asked in the portal has said it; empty for a request that staff recorded."""

    word_by = SelectField(
        _l("How do you know that the person wants it now?"),
        choices=options(
            [("", _l("Please choose")), *((way, STEP_REASONS[f"confirmed-by-{way}"]) for way in _WAYS)]
        ),
        validate_choice=False,
    )
