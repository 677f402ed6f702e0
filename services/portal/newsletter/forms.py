"""The sign-up form."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from kontor.privacy.v1.privacy_pb2 import ConsentText
from wtforms import EmailField, SelectMultipleField, StringField
from wtforms.validators import Email, Length
from wtforms.widgets import CheckboxInput, ListWidget

from kernel.web.forms import Form, at_most, required, strip


class SignUp(Form):
    """Who, what about, and on which text; names are optional because mails work without."""

    email = EmailField(
        _l("E-mail address"),
        filters=[strip],
        validators=[required, Email(message=_l("This does not look like an e-mail address.")), at_most(254)],
    )
    given_name = StringField(_l("First name"), filters=[strip], validators=[at_most(100)])
    family_name = StringField(_l("Last name"), filters=[strip], validators=[at_most(100)])
    topics = SelectMultipleField(
        _l("What would you like to hear about?"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[Length(min=1, message=_l("Please choose at least one topic."))],
    )
    # Nobody sees it; what fills it in is a machine.
    website = StringField(_l("Please leave this empty"))

    def offer(self, texts: Iterable[ConsentText]) -> None:
        """Set the texts to choose from. None is ticked: consent is given, never assumed (Art. 4(11)).

        The value is the id of the text and not its topic: if the text was changed while the page
        was open, the choice is no longer valid, and nobody consents to words they did not see.
        """
        self.topics.choices = [(text.id, text.title) for text in texts]
