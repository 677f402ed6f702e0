"""The form of the public page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.options.v1.options_pb2 import (
    RESTRICTION_GROUND_ACCURACY,
    RESTRICTION_GROUND_LEGAL_CLAIM,
    RESTRICTION_GROUND_UNLAWFUL,
    RestrictionGround,
)
from kontor.privacy.v1.askings_pb2 import AskRequest
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_ACCESS,
    REQUEST_KIND_ERASURE,
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_PORTABILITY,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
    REQUEST_KIND_WITHDRAWAL,
)
from kontor.privacy.v1.privacy_pb2 import OBJECTION_SCOPE_MARKETING, OBJECTION_SCOPE_PROCESSING
from wtforms import EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Email, ValidationError

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options

# What can be wished for, in the order of the page: its words, and what goes to the service.
_WISHES = (
    ("access", _l("Tell me what you hold about me, with a copy."), {"kind": REQUEST_KIND_ACCESS}),
    ("withdrawal", _l("I take back all my consents."), {"kind": REQUEST_KIND_WITHDRAWAL}),
    (
        "advertising",
        _l("No more advertising."),
        {"kind": REQUEST_KIND_OBJECTION, "objection": OBJECTION_SCOPE_MARKETING},
    ),
    ("erasure", _l("Erase what you hold about me."), {"kind": REQUEST_KIND_ERASURE}),
    ("rectification", _l("Something is wrong: correct it."), {"kind": REQUEST_KIND_RECTIFICATION}),
    ("portability", _l("Give me my data to take along."), {"kind": REQUEST_KIND_PORTABILITY}),
    ("restriction", _l("Keep my data, but do nothing else with it."), {"kind": REQUEST_KIND_RESTRICTION}),
    (
        "processing",
        _l("I object to what you do on the ground of your own interests."),
        {"kind": REQUEST_KIND_OBJECTION, "objection": OBJECTION_SCOPE_PROCESSING},
    ),
)


class PublicAsking(Form):
    """Which right, and which address; the rest is for two of the rights, or for words beside it."""

    wish = RadioField(
        _l("What do you want?"),
        choices=options((name, words) for name, words, _ in _WISHES),
        validators=[required],
    )
    email = EmailField(
        _l("E-mail address"),
        filters=[strip],
        validators=[required, Email(message=_l("This does not look like an e-mail address.")), at_most(254)],
    )
    ground = SelectField(
        _l("Why should we lock your data?"),
        choices=options(
            [
                ("0", _l("– choose for a lock only –")),
                (RESTRICTION_GROUND_ACCURACY, _l("It is wrong, and must be checked first.")),
                (RESTRICTION_GROUND_UNLAWFUL, _l("You must not have it, but I do not want it erased.")),
                (RESTRICTION_GROUND_LEGAL_CLAIM, _l("I need it for a legal claim.")),
            ]
        ),
        default="0",
    )
    message = TextAreaField(_l("In your own words"), filters=[strip_lines], validators=[at_most(2000)])
    # Nobody sees it; what fills it in is a machine.
    website = StringField(_l("Please leave this empty"))

    def validate_ground(self, field: SelectField) -> None:
        """A lock needs its ground (Art. 18(1) GDPR)."""
        if self.wish.data == "restriction" and field.data == "0":
            raise ValidationError(_l("Please say why: the law wants a ground for a lock."))

    def validate_message(self, field: TextAreaField) -> None:
        """Nobody can correct what is not named."""
        if self.wish.data == "rectification" and not field.data:
            raise ValidationError(_l("Please say what is wrong, and how it is right."))

    def command(self, *, language: str, client: str) -> AskRequest:
        """As it goes to the service."""
        said = next(values for name, _, values in _WISHES if name == self.wish.data)
        asked = AskRequest(
            request_id=self.request_id.data,
            email=self.email.data,
            language=language,
            message=self.message.data,
            client=client,
            **said,
        )
        if asked.kind == REQUEST_KIND_RESTRICTION:
            asked.ground = RestrictionGround.ValueType(int(self.ground.data))
        return asked
