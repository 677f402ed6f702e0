"""Stage restriction: who may not be processed is neither shown nor changed. The only place that sees to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from kontor.options.v1 import options_pb2

from kernel.clock import to_timestamp
from kernel.coalesce import Coalescer
from kernel.contract import CUSTOMER, RESTRICTION, fields_within, subject_field
from kernel.db import Database, WriteSession
from kernel.restriction import ProcessingRestricted, Restricted, restricted_among
from kernel.rpc.authorize import OwnContact
from kernel.rpc.call import Call, Proceed, Stage

_Whose = dict[uuid.UUID, Restricted]


def restriction_stage(database: Database, own_contact: OwnContact) -> Stage:
    """Empties answers about restricted people, and refuses what was written about them before it is committed.

    Outside of idempotency: a remembered answer is shown as the person may be processed today.
    Errors: ProcessingRestricted.
    """

    async def load(ids: list[uuid.UUID]) -> _Whose:
        async with database.reading() as session:
            return await restricted_among(session, ids)

    known: Coalescer[uuid.UUID, Restricted] = Coalescer(load)

    async def conceal(call: Call, answer: Any) -> Any:
        ids = set(_subjects(answer)) if isinstance(answer, Message) else set()
        found = {i: how for i in ids if (how := await known.get(i)) is not None}
        hidden = await _without_own(call, found, own_contact)
        return _emptied(answer, hidden) if hidden else answer

    async def guard(call: Call, session: WriteSession) -> None:
        found = await restricted_among(session, call.subjects)
        if await _without_own(call, found, own_contact):
            raise ProcessingRestricted

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        if is_open(call.method.access):
            return await proceed(call, request)
        call.guard = guard
        if not _holds_subjects(call.method.descriptor.output_type):
            return await proceed(call, request)
        call.conceal = conceal
        answer = await proceed(call, request)
        return answer if call.method.streaming else await conceal(call, answer)

    return stage


def is_open(access: options_pb2.Access | None) -> bool:
    """Whether an RPC goes on about somebody whose processing is restricted."""
    if access is None or access.public:
        return True
    return access.purpose == options_pb2.PURPOSE_LEGAL_DUTY or bool(access.despite_restriction)


async def _without_own(call: Call, found: _Whose, own_contact: OwnContact) -> _Whose:
    """What is the caller's own stays whole: restriction protects people from us, not from themselves."""
    if not found or call.principal is None or call.acting_roles != {CUSTOMER}:
        return found
    own = await own_contact.contact_of(call.principal)
    return {subject: how for subject, how in found.items() if subject != own}


@cache
def _holds_subjects(message: Descriptor) -> bool:
    """Whether anything in a message, however deep, belongs to somebody."""
    within = (f.message_type for f in fields_within(message) if f.message_type is not None)
    return any(subject_field(each) for each in (message, *within))


@cache
def _ways(message: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Fields with messages in which somebody's data may stand."""
    return tuple(f for f in message.fields if f.message_type is not None and _holds_subjects(f.message_type))


@cache
def _within(message: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Fields with messages; the entries of a map are none, and the mark itself is nobody's data."""
    found = (f for f in message.fields if f.message_type is not None and f.name != RESTRICTION)
    return tuple(f for f in found if f.message_type and not f.message_type.GetOptions().map_entry)


@cache
def _personal(message: Descriptor) -> tuple[str, ...]:
    return tuple(f.name for f in message.fields if f.GetOptions().HasExtension(options_pb2.personal))


def _inner(message: Message, ways: Iterable[FieldDescriptor]) -> Iterator[Message]:
    for field in ways:
        value = getattr(message, field.name)
        if field.is_repeated:
            yield from value
        elif message.HasField(field.name):
            yield value


def _subjects(message: Message) -> Iterator[uuid.UUID]:
    named = subject_field(message.DESCRIPTOR)
    if named and (subject := _id(getattr(message, named))) is not None:
        yield subject
    for inner in _inner(message, _ways(message.DESCRIPTOR)):
        yield from _subjects(inner)


def _emptied(answer: Message, hidden: _Whose) -> Message:
    # A copy: the handler may keep its message for the next caller, who may see more.
    seen = type(answer)()
    seen.CopyFrom(answer)
    _empty(seen, hidden)
    return seen


def _empty(message: Message, hidden: _Whose) -> None:
    named = subject_field(message.DESCRIPTOR)
    how = hidden.get(_id(getattr(message, named)) or uuid.UUID(int=0)) if named else None
    if how is not None:
        _clear(message)
        mark = getattr(message, RESTRICTION)
        mark.since.CopyFrom(to_timestamp(how.since))
        mark.grounds.extend(how.grounds)
    for inner in _inner(message, _ways(message.DESCRIPTOR)):
        _empty(inner, hidden)


def _clear(message: Message) -> None:
    for name in _personal(message.DESCRIPTOR):
        message.ClearField(name)
    for inner in _inner(message, _within(message.DESCRIPTOR)):
        # Somebody else's data within is decided by its own subject.
        if not subject_field(inner.DESCRIPTOR):
            _clear(inner)


def _id(text: str) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None
