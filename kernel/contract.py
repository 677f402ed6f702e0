"""What the contract says about itself, read from its descriptors: who may call, which fields a role does not see."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from kontor.options.v1 import options_pb2

# Where a message says which of its fields are masked; a message with masks has it.
MASKED_FIELDS = "masked_fields"


def hidden_from(field: FieldDescriptor) -> frozenset[str]:
    """The roles that do not see a field."""
    return frozenset(field.GetOptions().Extensions[options_pb2.personal].hidden_from)


@cache
def hidden_fields(message: Descriptor, roles: frozenset[str]) -> tuple[str, ...]:
    """Fields of a message that somebody in these roles does not see; one role that sees a field is enough."""
    return tuple(f.name for f in message.fields if roles and roles <= hidden_from(f))


@cache
def has_masks(message: Descriptor) -> bool:
    """Whether anything in a message, however deep, is hidden from any role."""
    return any(hidden_from(field) for field in fields_within(message))


def fields_within(message: Descriptor, seen: frozenset[str] = frozenset()) -> Iterator[FieldDescriptor]:
    """Every field of a message and of what it holds."""
    if message.full_name in seen:
        return
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from fields_within(field.message_type, seen | {message.full_name})
