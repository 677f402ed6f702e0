"""Sixty tickets in every state, with owners and without, each with its conversation."""

from __future__ import annotations

from dataclasses import dataclass

from kontor.tickets.v1.tickets_pb2 import (
    CHANNEL_EMAIL,
    CHANNEL_LETTER,
    CHANNEL_PHONE,
    CHANNEL_PORTAL,
    TICKET_PRIORITY_HIGH,
    TICKET_PRIORITY_LOW,
    TICKET_PRIORITY_NORMAL,
    TICKET_PRIORITY_URGENT,
    TICKET_STATE_CLOSED,
    TICKET_STATE_NEW,
    TICKET_STATE_OPEN,
    TICKET_STATE_PENDING,
    TICKET_STATE_SOLVED,
    AddMessageRequest,
    CreateTicketRequest,
    GetTicketRequest,
    TicketState,
    UpdateTicketRequest,
)

from devstack.demo.cast import Cast
from devstack.demo.doors import Caller, request_id, side_by_side
from devstack.demo.stories import CUSTOMER, NOTE, STAFF, STORIES

_COUNT = 60
# Annika Sommer's own: a solved one, one in the middle, one that waits for us.
_HERS = (0, 5, 1)
_CHANNELS = (CHANNEL_PORTAL, CHANNEL_EMAIL, CHANNEL_EMAIL, CHANNEL_PHONE, CHANNEL_PORTAL, CHANNEL_LETTER)
_PRIORITIES = (
    TICKET_PRIORITY_NORMAL, TICKET_PRIORITY_NORMAL, TICKET_PRIORITY_HIGH, TICKET_PRIORITY_NORMAL,
    TICKET_PRIORITY_LOW, TICKET_PRIORITY_NORMAL, TICKET_PRIORITY_NORMAL, TICKET_PRIORITY_URGENT,
)  # fmt: skip
_STATES = (
    TICKET_STATE_OPEN, TICKET_STATE_SOLVED, TICKET_STATE_NEW, TICKET_STATE_PENDING, TICKET_STATE_OPEN,
    TICKET_STATE_CLOSED, TICKET_STATE_NEW, TICKET_STATE_OPEN, TICKET_STATE_PENDING, TICKET_STATE_SOLVED,
)  # fmt: skip


@dataclass(frozen=True)
class Voices:
    """Who speaks in tickets: `customer` is Annika Sommer herself, the other customers write, call and send letters."""

    customers: Caller
    customer: Caller
    agent: Caller
    manager: Caller

    def in_ticket(self, number: int, *, own: bool) -> dict[str, Caller]:
        """Who has which part in one ticket, Annika Sommer's `own` or somebody else's."""
        return {
            CUSTOMER: self.customer if own else self.customers,
            STAFF: self.manager if number % 5 == 4 else self.agent,
        }


def load(cast: Cast, ids: dict[str, str], voices: Voices) -> None:
    """Sixty of them."""
    hers = ids[cast.customer.email]
    others = [ids[person.email] for person in cast.people[1:] if person.email in ids][: _COUNT * 2 : 2]

    def one(number: int) -> None:
        own = number < len(_HERS)
        story = _HERS[number] if own else number % len(STORIES)
        _ticket(
            number,
            story,
            contact_id=hers if own else others[number],
            speaking=voices.in_ticket(number, own=own),
        )

    # One after the other within a ticket; several tickets at once.
    side_by_side(one, range(_COUNT))


def _ticket(number: int, story_number: int, *, contact_id: str, speaking: dict[str, Caller]) -> None:
    story, state = STORIES[story_number], _STATES[number % len(_STATES)]
    opened = speaking[CUSTOMER].tickets.CreateTicket(
        CreateTicketRequest(
            request_id=request_id("ticket", number),
            contact_id=contact_id,
            subject=story.subjects[number // len(STORIES) % len(story.subjects)],
            body=story.opening,
            priority=_PRIORITIES[number % len(_PRIORITIES)],
            channel=_CHANNELS[number % len(_CHANNELS)],
        )
    )
    if state == TICKET_STATE_NEW:
        return
    staff = speaking[STAFF]
    if number % 7 != 6:
        _take(staff, number, opened.id)
    for turn, (who, body) in enumerate(story.turns):
        speaker = speaking[CUSTOMER] if who == CUSTOMER else staff
        speaker.tickets.AddMessage(
            AddMessageRequest(
                request_id=request_id("message", number, turn),
                ticket_id=opened.id,
                body=body,
                internal=who == NOTE,
            )
        )
    _end_in(staff, state, number=number, ticket_id=opened.id)


def _take(staff: Caller, number: int, ticket_id: str) -> None:
    command = UpdateTicketRequest(request_id=request_id("take", number), ticket_id=ticket_id, take=True)
    staff.tickets.UpdateTicket(command)


def _end_in(staff: Caller, state: TicketState.ValueType, *, number: int, ticket_id: str) -> None:
    now = staff.tickets.GetTicket(GetTicketRequest(ticket_id=ticket_id))
    if now.state != state:
        command = request_id("state", number)
        staff.tickets.UpdateTicket(UpdateTicketRequest(request_id=command, ticket_id=ticket_id, state=state))
