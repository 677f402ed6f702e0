"""The forms of the rights that need more than a click: what is wrong, what to lock, what to stop."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.options.v1.options_pb2 import (
    RESTRICTION_GROUND_ACCURACY,
    RESTRICTION_GROUND_LEGAL_CLAIM,
    RESTRICTION_GROUND_UNLAWFUL,
)
from kontor.privacy.v1.privacy_pb2 import OBJECTION_SCOPE_MARKETING, OBJECTION_SCOPE_PROCESSING
from wtforms import RadioField, StringField, TextAreaField

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options


class Corrections(Form):
    """The own record as it should be (`kernel.web.corrections`); limits are those of the contract."""

    given_name = StringField(_l("Given name"), filters=[strip], validators=[at_most(100)])
    family_name = StringField(_l("Family name"), filters=[strip], validators=[at_most(100)])
    email = StringField(_l("E-mail"), filters=[strip], validators=[at_most(320)])
    phone = StringField(_l("Phone"), filters=[strip], validators=[at_most(40)])
    street = StringField(_l("Street"), filters=[strip], validators=[at_most(200)])
    postal_code = StringField(_l("Postal code"), filters=[strip], validators=[at_most(20)])
    city = StringField(_l("City"), filters=[strip], validators=[at_most(100)])
    other = TextAreaField(_l("Something else is wrong"), filters=[strip_lines], validators=[at_most(2000)])


class Lock(Form):
    """On what ground the processing is to be restricted (Art. 18(1)(a)–(c) GDPR); (d) comes with an objection."""

    ground = RadioField(
        _l("Why should we lock your data?"),
        choices=options(
            [
                (
                    str(RESTRICTION_GROUND_ACCURACY),
                    _l("It is wrong, and you shall not use it until that is checked."),
                ),
                (
                    str(RESTRICTION_GROUND_UNLAWFUL),
                    _l("You must not have it, but I do not want it erased."),
                ),
                (
                    str(RESTRICTION_GROUND_LEGAL_CLAIM),
                    _l("I need it for a legal claim; you shall keep it for me."),
                ),
            ]
        ),
        validators=[required],
    )


class Objection(Form):
    """What to stop (Art. 21 GDPR)."""

    scope = RadioField(
        _l("What should we stop?"),
        choices=options(
            [
                (
                    str(OBJECTION_SCOPE_MARKETING),
                    _l("Advertising: no more mails that advertise, on any way. You need not say why."),
                ),
                (
                    str(OBJECTION_SCOPE_PROCESSING),
                    _l("Everything that you do on the ground of your own legitimate interests."),
                ),
            ]
        ),
        validators=[required],
    )
