"""The forms of the desk: answer or note, state and priority, a new ticket for a customer."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from kontor.tickets.v1.tickets_pb2 import (
    CHANNEL_EMAIL,
    CHANNEL_LETTER,
    CHANNEL_PHONE,
    TICKET_PRIORITY_NORMAL,
    Ticket,
)
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from kernel.web.forms import Form, at_most, required, strip, strip_lines
from kernel.web.options import options
from services.gateway.labels import PRIORITIES, TICKET_CHANNELS, TICKET_STATES

_STATES = [(value, found.text) for value, found in TICKET_STATES.items()]
_PRIORITIES = [(value, found.text) for value, found in PRIORITIES.items()]
# What came through the portal or by mail creates itself.
_CHANNELS = (CHANNEL_PHONE, CHANNEL_EMAIL, CHANNEL_LETTER)


class MessageForm(Form):
    """An answer that the customer reads, or a note that only staff read; and the state afterwards."""

    kind = RadioField(
        _l("Who reads it"),
        choices=options([("reply", _l("Reply to the customer")), ("note", _l("Internal note"))]),
        default="reply",
    )
    body = TextAreaField(_l("Message"), filters=[strip_lines], validators=[required, at_most(20_000)])
    state = SelectField(
        _l("Afterwards"), coerce=int, choices=options([(0, _l("leave the state")), *_STATES]), default=0
    )
    # The ticket as it was when the page was drawn: what has happened since is told, not written over.
    etag = HiddenField()
    seen_state = IntegerField(widget=HiddenInput(), validators=[Optional()])
    seen_count = IntegerField(widget=HiddenInput(), validators=[Optional()])
    # A reply makes a free ticket theirs who wrote it, unless they say otherwise.
    take = BooleanField(_l("Take the ticket with it"), default=True)

    def remember(self, ticket: Ticket) -> None:
        """What whoever writes now has before their eyes."""
        self.etag.data, self.seen_state.data = ticket.etag, ticket.state
        self.seen_count.data = ticket.message_count

    def offer(self, states: Iterable[int]) -> None:
        """Only what the ticket may become."""
        kept = set(states) | {0}
        self.state.choices = [choice for choice in self.state.choices if int(choice.value) in kept]


class ChangeForm(Form):
    """State, priority, owner. Zero leaves a value as it is."""

    state = SelectField(_l("State"), coerce=int, choices=options([(0, ""), *_STATES]), default=0)
    priority = SelectField(_l("Priority"), coerce=int, choices=options([(0, ""), *_PRIORITIES]), default=0)
    take = HiddenField()
    release = HiddenField()
    etag = HiddenField()


class TicketForm(Form):
    """A ticket that staff open for somebody who called or wrote."""

    subject = StringField(_l("Subject"), filters=[strip], validators=[required, at_most(200)])
    body = TextAreaField(
        _l("What the customer wants"), filters=[strip_lines], validators=[required, at_most(20_000)]
    )
    channel = SelectField(
        _l("How it reached us"),
        coerce=int,
        choices=options((value, TICKET_CHANNELS[value].text) for value in _CHANNELS),
    )
    priority = SelectField(
        _l("Priority"), coerce=int, choices=options(_PRIORITIES), default=TICKET_PRIORITY_NORMAL
    )
