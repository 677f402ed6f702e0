"""Why and until when data stays, and why and when a restriction ends."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField

from kernel.web.forms import Form, required
from kernel.web.options import options
from services.gateway.labels import HOLD_REASONS

LIFT_REASONS = {
    "verified": _l("the data was checked and is correct"),
    "corrected": _l("the data was corrected"),
    "grounds-override": _l("our grounds override the objection"),
    "claim-ended": _l("the legal claim has ended"),
    "subject-asked": _l("the person asked for it"),
}


class Placing(Form):
    """A hold: for which reason, and when somebody looks whether it is still needed."""

    reason = RadioField(
        _l("Why does the data have to stay?"), choices=options(HOLD_REASONS.items()), validators=[required]
    )
    review_date = DateField(_l("When is it looked at again?"), validators=[required])


class Announcing(Form):
    """The end of a restriction: why, and on which day."""

    reason = RadioField(_l("Why does it end?"), choices=options(LIFT_REASONS.items()), validators=[required])
    lift_date = DateField(_l("On which day?"), validators=[required])
