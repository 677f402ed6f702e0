"""Fields that a role may not see: emptied and named in the answer, and never overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from kernel.contract import MASKED_FIELDS, has_masks, hidden_fields
from kernel.errors import PermissionDenied
from kernel.rpc.call import Call, current_call

_UPDATE_MASK = "update_mask"


def mask(call: Call, answer: Any) -> Any:
    """The answer as the caller's roles may see it; a masked field is named whether or not it holds a value."""
    roles = call.acting_roles
    if not isinstance(answer, Message) or not roles or not has_masks(answer.DESCRIPTOR):
        return answer
    # A copy: the handler may keep its message for the next caller, who may see more.
    seen = type(answer)()
    seen.CopyFrom(answer)
    _mask_message(seen, roles)
    return seen


def refuse_unseen(call: Call, request: Message) -> None:
    """A role must not write over what it cannot see. Errors: PermissionDenied (FIELD_MASKED)."""
    if _UPDATE_MASK not in request.DESCRIPTOR.fields_by_name:
        return
    within = [f.message_type for f in request.DESCRIPTOR.fields if f.message_type is not None]
    hidden = {name for message in within for name in hidden_fields(message, call.acting_roles)}
    named = {path.partition(".")[0] for path in getattr(request, _UPDATE_MASK).paths}
    if unseen := sorted(named & hidden):
        raise PermissionDenied(f"Your role does not see this: {', '.join(unseen)}.", reason="FIELD_MASKED")


def masked_for_caller(kind: type[Message]) -> frozenset[str]:
    """Fields of a message that the current caller does not see, so that no search finds by them."""
    call = current_call()
    return frozenset(hidden_fields(kind.DESCRIPTOR, call.acting_roles)) if call is not None else frozenset()


@cache
def _holders(message: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Fields with messages in which something may have to be masked."""
    return tuple(f for f in message.fields if f.message_type is not None and has_masks(f.message_type))


def _mask_message(message: Message, roles: frozenset[str]) -> None:
    hidden = hidden_fields(message.DESCRIPTOR, roles)
    for name in hidden:
        message.ClearField(name)
    if hidden:
        getattr(message, MASKED_FIELDS).extend(hidden)
    for field in _holders(message.DESCRIPTOR):
        for inner in _messages(message, field):
            _mask_message(inner, roles)


def _messages(message: Message, field: FieldDescriptor) -> Iterator[Message]:
    value = getattr(message, field.name)
    if field.is_repeated:
        yield from value
    elif message.HasField(field.name):
        yield value
