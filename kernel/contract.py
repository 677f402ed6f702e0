"""What the contract says about itself, read from its descriptors: who may call, which fields a role does not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from kontor.options.v1 import options_pb2

CUSTOMER = "customer"
# Where a message says which of its fields are masked; a message with masks has it.
MASKED_FIELDS = "masked_fields"
# Where a message says that it was emptied because its subject's processing is restricted.
RESTRICTION = "restriction"


class Scope(IntEnum):
    """How far a role reaches; a greater number is a wider scope. Numbers as in the contract."""

    OWN = options_pb2.SCOPE_OWN
    ORGANISATION = options_pb2.SCOPE_ORGANISATION
    TEAM = options_pb2.SCOPE_TEAM
    ALL = options_pb2.SCOPE_ALL


def scopes(access: options_pb2.Access) -> dict[str, Scope]:
    """How far each role of an RPC reaches. A customer of whom nothing is said has the own rows."""
    found = {role: Scope.OWN if role == CUSTOMER else Scope.ALL for role in access.roles}
    return found | {row.role: Scope(row.scope) for row in access.rows}


def widest(reach: dict[str, Scope], roles: Iterable[str]) -> Scope:
    """How far somebody in these roles reaches; nobody in none of them gets further than the own rows."""
    return max((reach[role] for role in roles if role in reach), default=Scope.OWN)


def hidden_from(field: FieldDescriptor) -> frozenset[str]:
    """The roles that do not see a field."""
    return frozenset(field.GetOptions().Extensions[options_pb2.personal].hidden_from)


@cache
def hidden_fields(message: Descriptor, roles: frozenset[str]) -> tuple[str, ...]:
    """Fields of a message that somebody in these roles does not see; one role that sees a field is enough."""
    return tuple(f.name for f in message.fields if roles and roles <= hidden_from(f))


@cache
def subject_field(message: Descriptor) -> str:
    """The field with the id of the contact to whom a message belongs; empty if it says nothing of that."""
    return str(message.GetOptions().Extensions[options_pb2.subject])


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
