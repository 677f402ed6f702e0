"""The forms of requests: how one came, whose word it is, and why it is extended or refused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import DataRequired, Optional

from kernel.web.forms import Form
from services.gateway.labels import (
    CAME_BY,
    EXTENSIONS,
    REFUSALS,
    RESTRICTION_GROUNDS,
    STEP_REASONS,
    VOUCHERS,
)
from services.gateway.options import options

_WAYS = ("letter", "phone", "in-person", "court")
# Not a way to know somebody, but the choice to find out first.
IN_DOUBT = "in-doubt"


class Word(Form):
    """How a person who asked in the portal has said it; empty for a request that staff recorded."""

    word_by = SelectField(
        _l("How do you know that the person wants it now?"),
        choices=options(
            [("", _l("Please choose")), *((way, STEP_REASONS[f"confirmed-by-{way}"]) for way in _WAYS)]
        ),
        validate_choice=False,
    )


class Reception(Form):
    """How a request came, on which day, and how staff knows who asks."""

    channel = SelectField(_l("How did it come?"), choices=options(CAME_BY.items()))
    receive_date = DateField(_l("On which day did it come?"), validators=[Optional()])
    vouched_by = RadioField(
        _l("How do you know that it is this person?"),
        choices=options([*VOUCHERS.items(), (IN_DOUBT, _l("I do not know it yet: it is checked first"))]),
    )


class Restricting(Reception):
    """On what the person demands it; it takes effect at once, so it must be known who asks."""

    vouched_by = RadioField(_l("How do you know that it is this person?"), choices=options(VOUCHERS.items()))

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


class Verification(Form):
    """How staff knows by now who asks."""

    reason = RadioField(_l("How do you know that it is this person?"), choices=options(VOUCHERS.items()))


class Extension(Form):
    """Why the answer takes longer: the law knows these two reasons."""

    reason = RadioField(_l("Why does it take longer?"), choices=options(EXTENSIONS.items()))


class Refusal(Form):
    """Why nothing is done."""

    reason = RadioField(_l("Why is it refused?"), choices=options(REFUSALS.items()))
