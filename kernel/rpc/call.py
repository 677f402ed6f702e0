"""What is known about the call in hand: method, rule, caller, deadline, subjects."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message
from kontor.options.v1 import options_pb2

from kernel.contract import CUSTOMER, Scope, scopes, widest
from kernel.errors import Unauthenticated
from kernel.identity import Principal

if TYPE_CHECKING:
    from kernel.db import WriteSession

# The metadata in which a page passes on the address of the browser that asked it.
ORIGIN = "kontor-origin"

# A stage gets the call, the request and the way to the next stage.
Proceed = Callable[["Call", Any], Awaitable[Any]]
Stage = Callable[["Call", Any, Proceed], Awaitable[Any]]


@dataclass(slots=True)
class Method:
    """One RPC of the contract, with what its options say; made once when the server starts."""

    full_name: str
    descriptor: MethodDescriptor
    access: options_pb2.Access | None
    mutating: bool
    streaming: bool
    answer_is_personal: bool
    roles: frozenset[str] = frozenset()
    scopes: dict[str, Scope] = field(default_factory=dict)
    within: frozenset[str] = frozenset()

    @classmethod
    def of(cls, descriptor: MethodDescriptor) -> Method:
        options = descriptor.GetOptions()
        access = options.Extensions[options_pb2.access] if options.HasExtension(options_pb2.access) else None
        return cls(
            full_name=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
            descriptor=descriptor,
            access=access,
            mutating="request_id" in descriptor.input_type.fields_by_name,
            streaming=descriptor.server_streaming,
            answer_is_personal=_is_personal(descriptor.output_type, frozenset()),
            roles=frozenset(access.roles) if access is not None else frozenset(),
            scopes=scopes(access) if access is not None else {},
            within=frozenset(access.within) if access is not None else frozenset(),
        )


def _is_personal(message: Descriptor, seen: frozenset[str]) -> bool:
    if message.full_name in seen:
        return False
    return any(
        field.GetOptions().HasExtension(options_pb2.personal)
        or (field.message_type and _is_personal(field.message_type, seen | {message.full_name}))
        for field in message.fields
    )


@dataclass(slots=True)
class Call:
    """One call. `subjects` are the contacts whose data it touched; they go into the audit entry."""

    method: Method
    context: grpc.aio.ServicerContext[Any, Any]
    metadata: dict[str, str]
    deadline: float | None = None
    principal: Principal | None = None
    subjects: set[uuid.UUID] = field(default_factory=set)
    trace_id: str = ""
    # Whether the rows were narrowed to the caller's scope, by the access stage or by the use case.
    narrowed: bool = False
    # Set by the restriction stage: what an answer looks like that may hold restricted people's data, and what
    # refuses a change of such data in the transaction that is about to commit.
    conceal: Callable[[Call, Any], Awaitable[Any]] | None = None
    guard: Callable[[Call, WriteSession], Awaitable[None]] | None = None

    @property
    def acting_roles(self) -> frozenset[str]:
        """In which of the RPC's roles the caller acts: as a customer only if no other role admits."""
        if self.principal is None:
            return frozenset()
        roles = self.method.roles & self.principal.roles
        return roles - {CUSTOMER} or roles

    @property
    def scope(self) -> Scope:
        """How far the caller reaches: as far as the widest of the acting roles."""
        caller = self.principal
        if caller is not None and not self.acting_roles and caller.client in self.method.within:
            # Part of another service's use case, for anybody; only where a contact is named a customer stays one.
            named = self.method.access is not None and bool(self.method.access.own)
            return Scope.OWN if named and caller.is_customer_only else Scope.ALL
        return widest(self.method.scopes, self.acting_roles)

    def remaining(self) -> float | None:
        """Seconds until the caller gives up; None if it waits for ever."""
        return None if self.deadline is None else self.deadline - monotonic()


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def current_call() -> Call | None:
    """The call in hand, if this code runs inside one."""
    return _current.get()


def enter_call(call: Call) -> None:
    """Makes this the call in hand for the rest of its task."""
    _current.set(call)


def current_principal() -> Principal:
    """The caller. Errors: Unauthenticated outside of an authenticated call."""
    call = _current.get()
    if call is None or call.principal is None:
        raise Unauthenticated("This needs a caller.")
    return call.principal


def note_subjects(contact_ids: Iterable[uuid.UUID | str]) -> None:
    """Says whose data the call touched; shown to the subject as "who looked at me?"."""
    call = _current.get()
    if call is not None:
        call.subjects.update(i if isinstance(i, uuid.UUID) else uuid.UUID(i) for i in contact_ids)


def request_digest(request: Message) -> bytes:
    """SHA-256 of the request in its deterministic serialisation; tells a retry from another request."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
