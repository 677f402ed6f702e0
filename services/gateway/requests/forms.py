"""The form of the word to erase."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from kernel.web.forms import Form
from services.gateway.labels import STEP_REASONS
from services.gateway.options import options

_WAYS = ("letter", "phone", "in-person", "court")


class Word(Form):
    """How a person who asked in the portal has said it; empty for a request that staff recorded."""

    word_by = SelectField(
        _l("How do you know that the person wants it now?"),
        choices=options(
            [("", _l("Please choose")), *((way, STEP_REASONS[f"confirmed-by-{way}"]) for way in _WAYS)]
        ),
        validate_choice=False,
    )
