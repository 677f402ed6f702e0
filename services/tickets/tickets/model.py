"""What a ticket is, and how its state may change."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound


class State(IntEnum):
    """Numbers as in the contract's TicketState."""

    NEW = 1
    OPEN = 2
    PENDING = 3
    SOLVED = 4
    CLOSED = 5


class Priority(IntEnum):
    """Numbers as in the contract's TicketPriority."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class Channel(IntEnum):
    """How a ticket reached us; numbers as in the contract."""

    UNKNOWN = 0
    PORTAL = 1
    EMAIL = 2
    PHONE = 3
    LETTER = 4


# Nothing goes back to NEW, and CLOSED is the end: whoever still has something to say opens a new ticket.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.OPEN, State.PENDING, State.SOLVED, State.CLOSED}),
    State.OPEN: frozenset({State.PENDING, State.SOLVED, State.CLOSED}),
    State.PENDING: frozenset({State.OPEN, State.SOLVED, State.CLOSED}),
    State.SOLVED: frozenset({State.OPEN, State.CLOSED}),
    State.CLOSED: frozenset(),
}


class TicketNotFound(NotFound):
    """No such ticket, or not one that this caller may know of."""

    def __init__(self) -> None:
        super().__init__("There is no such ticket.")


class ContactNotFound(NotFound):
    """The ticket would belong to nobody."""

    def __init__(self) -> None:
        super().__init__("There is no such contact.")


class TakenAndReleased(InvalidArgument):
    """An update cannot both take a ticket and give it back."""

    def __init__(self) -> None:
        super().__init__(
            "A ticket is taken or given back, not both.", violations={"release": "not together with take"}
        )


class TicketClosed(FailedPrecondition):
    """A closed ticket does not change any more."""

    def __init__(self) -> None:
        super().__init__("The ticket is closed; open a new one.")


class TransitionRefused(FailedPrecondition):
    """The ticket cannot get from where it is to the state asked for."""

    def __init__(self, present: State, asked: State) -> None:
        super().__init__(
            f"A ticket that is {present.name.lower()} cannot become {asked.name.lower()}.",
            metadata={"from": present.name, "to": asked.name},
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket. `contact_id` is None once its contact was erased."""

    id: uuid.UUID
    number: int
    version: int
    contact_id: uuid.UUID | None
    subject: str
    state: State
    priority: Priority
    owner_id: str
    owner_name: str
    channel: Channel
    message_count: int
    created_at: datetime
    updated_at: datetime

    @property
    def owner(self) -> Owner:
        """Who looks after it; NOBODY if nobody does."""
        return Owner(self.owner_id, self.owner_name)

    @property
    def etag(self) -> str:
        """Changes with every change of the ticket."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class Owner:
    """The staff member who looks after a ticket; an empty id is nobody."""

    id: str
    name: str


NOBODY = Owner("", "")


def new_owner(caller: Owner, *, take: bool, release: bool) -> Owner | None:
    """Whose ticket it becomes; None leaves it as it is. Errors: TakenAndReleased."""
    if take and release:
        raise TakenAndReleased
    if take:
        return caller
    return NOBODY if release else None


@dataclass(frozen=True, slots=True)
class Change:
    """What an update asks for; None leaves the value as it is."""

    state: State | None = None
    priority: Priority | None = None
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets, in which order. Empty values do not restrict; `owner_id` "none" means: taken by nobody."""

    contact_id: uuid.UUID | None = None
    contact_ids: tuple[uuid.UUID, ...] = ()
    states: tuple[State, ...] = ()
    owner_id: str = ""
    priorities: tuple[Priority, ...] = ()
    # The most urgent first, and of those the oldest; else the newest first.
    urgent_first: bool = False

    def position(self, ticket: Ticket) -> list[int]:
        """Where a page ends whose last ticket is this one: the values of the sort keys."""
        return [ticket.priority, ticket.number] if self.urgent_first else [ticket.number]


def changed(ticket: Ticket, change: Change) -> Ticket:
    """The ticket as the change wants it. Errors: TicketClosed, TransitionRefused."""
    owner = change.owner or ticket.owner
    return replace(
        ticket,
        state=_state_after(ticket, change),
        priority=change.priority or ticket.priority,
        owner_id=owner.id,
        owner_name=owner.name,
    )


def _state_after(ticket: Ticket, change: Change) -> State:
    """The state that a change leads to. Errors: TicketClosed, TransitionRefused."""
    if ticket.state is State.CLOSED:
        raise TicketClosed
    asked = change.state or ticket.state
    if asked is not ticket.state:
        if asked not in TRANSITIONS[ticket.state]:
            raise TransitionRefused(ticket.state, asked)
        return asked
    # NEW says that nobody has looked at it yet, which a ticket with an owner cannot be.
    return State.OPEN if ticket.state is State.NEW and change.owner not in (None, NOBODY) else ticket.state


def state_after_message(state: State, *, by_customer: bool, internal: bool) -> State:
    """What a message does to the state. Errors: TicketClosed, except for internal notes."""
    if internal:
        return state
    if state is State.CLOSED:
        raise TicketClosed
    if by_customer:
        return State.OPEN if state in (State.PENDING, State.SOLVED) else state
    return State.OPEN if state is State.NEW else state
