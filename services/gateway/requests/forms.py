"""The forms of requests: how one came, whose word it is, and why it is extended or refused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Optional

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options
from services.gateway.labels import RESTRICTION_GROUNDS
from services.gateway.request_labels import (
    BLACKENING_REASONS,
    CAME_BY,
    EXTENSIONS,
    OBJECTION_SCOPES,
    RECIPIENT_WAYS,
    REFUSALS,
    RELEASE_REASONS,
    STEP_REASONS,
    VOUCHERS,
)

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


class Objecting(Reception):
    """What the person objects to; it takes effect at once, so it must be known who asks."""

    vouched_by = RadioField(_l("How do you know that it is this person?"), choices=options(VOUCHERS.items()))

    scope = RadioField(
        _l("What is objected to?"),
        choices=options((str(number), text) for number, text in OBJECTION_SCOPES.items()),
    )


class Withdrawing(Reception):
    """It takes effect at once, so it must be known who asks."""

    vouched_by = RadioField(_l("How do you know that it is this person?"), choices=options(VOUCHERS.items()))


class Correcting(Reception):
    """What the person says is right, beside what stands there (`kernel.web.corrections`)."""

    given_name = StringField(_l("First name"), filters=[strip], validators=[at_most(100)])
    family_name = StringField(_l("Last name"), filters=[strip], validators=[at_most(100)])
    email = StringField(_l("E-mail address"), filters=[strip], validators=[at_most(320)])
    phone = StringField(_l("Phone"), filters=[strip], validators=[at_most(40)])
    street = StringField(_l("Street and number"), filters=[strip], validators=[at_most(200)])
    postal_code = StringField(_l("Postal code"), filters=[strip], validators=[at_most(20)])
    city = StringField(_l("City"), filters=[strip], validators=[at_most(100)])
    other = TextAreaField(_l("Something else is wrong"), filters=[strip_lines], validators=[at_most(2000)])


class Settlement(Form):
    """How one recipient was told of a correction, or why not."""

    recipient = HiddenField(validators=[required, at_most(300)])
    how = SelectField(
        _l("How?"),
        choices=options([("", _l("Please choose")), *RECIPIENT_WAYS.items()]),
        validators=[required],
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


class Blackening(Form):
    """What of one text is blackened: what is ticked, and every place where one of the words stands."""

    passage_id = HiddenField(validators=[DataRequired()])
    words = TextAreaField(_l("More words to blacken, one on each line"), filters=[strip_lines])
    reason = SelectField(
        _l("Why"),
        choices=options([("", _l("Please choose")), *BLACKENING_REASONS.items(), *RELEASE_REASONS.items()]),
        validate_choice=False,
    )
