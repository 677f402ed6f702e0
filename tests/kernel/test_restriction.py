"""No RPC of the contract shows what is personal of a restricted subject: generated, so a new one is covered at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from kontor.options.v1 import options_pb2
from sqlalchemy import text

from kernel.contract import CUSTOMER, subject_field
from kernel.db import Database
from kernel.errors import FailedPrecondition
from kernel.identity import Principal
from kernel.restriction import Order, obey, restricted_among
from kernel.rpc.call import Call, Method
from kernel.rpc.restricting import restriction_stage
from tests.architecture.tree import services
from tests.fixtures.serving import OwnContacts
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
CANARY = "Kanarienvogel"
# What may still show a restricted person's data, and why. Everything else comes back empty.
OPEN = {
    "DataHolder.Collect": "the copy that the person asked for (Art. 15)",
    "Requests.GetDocument": "the answer to the person's own request",
    "Requests.GetCorrections": "what the person's own request says",
    "Blackening.ListPassages": "the copy that the person asked for (Art. 15)",
    "Consents.GetConsentEvidence": "proves what was consented to (Art. 7(1))",
    "ConsentProofs.GetConsentProof": "proves what was consented to (Art. 7(1))",
    "ConsentChains.GetConsentChain": "proves what was consented to (Art. 7(1))",
    "ConsentChains.GetConsentPaper": "proves what was consented to (Art. 7(1))",
    "ConsentChains.GetErasedLeafPaper": "proves what was consented to (Art. 7(1))",
    "ConsentProofs.CollectLedger": "proves what was consented to (Art. 7(1))",
    "Askings.GetAskingMail": "the mail that the person has just asked for (Art. 12)",
    "Askings.GetAskingMessage": "what the person's own request says",
    "Farewells.GetFarewell": "the answer to the person's own request",
    "Farewells.GetErasedPerson": "recipients are told of the erasure (Art. 19)",
    "OwnSuppressions.ListOwnSuppressions": "the person's own entries, shown to nobody else",
    "ExistingCustomers.ObjectToAdvertising": "the person's own right (Art. 21(2))",
    "Suppressions.LookUpSuppression": "what is personal in it is about staff",
    "Suppressions.ListSuppressionLookUps": "what is personal in it is about staff",
    "Contacts.LinkLogin": "the person's own act",
    "Logins.AcceptInvitation": "the person's own act",
    "AuditTrail.ListEntries": "what is personal in it is about staff",
    "Audit.ListAccesses": "what is personal in it is about staff",
    "Logins.RemoveLogin": "takes access away: the person's protection",
}
METHODS = [method for service in services() for method in service.methods]


def filled(message: Message, subject: uuid.UUID, depth: int = 0) -> Message:
    """Every text a canary, every list with one entry, every message the subject's."""
    named = subject_field(message.DESCRIPTOR)
    for field in message.DESCRIPTOR.fields:
        if field.name == named:
            setattr(message, field.name, str(subject))
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)[CANARY] = CANARY
        elif field.message_type is not None:
            if depth < 6 and field.message_type.full_name.startswith("kontor."):
                inner = getattr(message, field.name)
                filled(inner.add() if field.is_repeated else inner, subject, depth + 1)
        elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            value: Any = CANARY if field.type == FieldDescriptor.TYPE_STRING else CANARY.encode()
            setattr(message, field.name, value) if not field.is_repeated else getattr(
                message, field.name
            ).append(value)
    return message


def shown(message: Message, path: str = "") -> Iterator[str]:
    """Paths of personal fields that hold anything."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        if field.GetOptions().HasExtension(options_pb2.personal):
            yield here
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for inner in value if field.is_repeated else [value]:
                yield from shown(inner, here)


def call_of(method: MethodDescriptor, *roles: str) -> Call:
    described = Method.of(method)
    acting = frozenset(roles) or described.roles - {CUSTOMER}
    principal = Principal(subject="s", client="c", roles=acting, token="t", expires_at=0.0)
    return Call(method=described, context=None, metadata={}, principal=principal)  # type: ignore[arg-type]


async def order(database: Database, subject: uuid.UUID, *grounds: int, number: int = 1) -> None:
    async with database.transaction() as session:
        await obey(session, Order(subject, number, grounds, SINCE), now=SINCE)


async def answer_to(call: Call, database: Database, answer: Message, own: OwnContacts | None = None) -> Any:
    async def handler(_call: Call, _request: Any) -> Message:
        return answer

    seen = await restriction_stage(database, own or OwnContacts())(call, None, handler)
    if call.method.streaming and call.conceal is not None:
        return await call.conceal(call, answer)
    return seen


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
async def test_no_rpc_shows_what_is_personal_of_a_restricted_subject(
    method: MethodDescriptor, database: Database
) -> None:
    subject = uuid.uuid4()
    await order(database, subject, options_pb2.RESTRICTION_GROUND_ACCURACY)
    answer = filled(message_factory.GetMessageClass(method.output_type)(), subject)
    before = list(shown(answer))
    seen = await answer_to(call_of(method), database, answer)
    name = f"{method.containing_service.name}.{method.name}"
    if name in OPEN:
        assert list(shown(seen)) == before != [], "is on the list and needs not be"
    else:
        assert list(shown(seen)) == []
        # What the handler made is not touched: the next caller may see more.
        assert list(shown(answer)) == before


async def test_others_in_the_same_answer_stay_whole(database: Database) -> None:
    method = next(m for m in METHODS if m.name == "ListContacts")
    hidden, free = uuid.uuid4(), uuid.uuid4()
    await order(database, hidden, 1, 4)
    answer: Any = message_factory.GetMessageClass(method.output_type)()
    for subject in (hidden, free):
        filled(answer.contacts.add(), subject)
    seen = await answer_to(call_of(method), database, answer)
    assert [list(shown(c)) == [] for c in seen.contacts] == [True, False]
    assert list(seen.contacts[0].restriction.grounds) == [1, 4]
    assert seen.contacts[0].id == str(hidden)


async def test_only_the_person_and_not_a_colleague_sees_the_own_data(database: Database) -> None:
    method = next(m for m in METHODS if m.name == "GetTicket")
    subject = uuid.uuid4()
    await order(database, subject, 1)
    answer = filled(message_factory.GetMessageClass(method.output_type)(), subject)
    own, other = OwnContacts(), OwnContacts()
    own.contacts["s"], other.contacts["s"] = subject, uuid.uuid4()
    assert list(shown(await answer_to(call_of(method, CUSTOMER), database, answer, own))) != []
    assert list(shown(await answer_to(call_of(method, CUSTOMER), database, answer, other))) == []
    # Staff with a login of their own act as staff.
    assert list(shown(await answer_to(call_of(method, CUSTOMER, "agent"), database, answer, own))) == []


async def test_a_refused_write_leaves_nothing(sample: Sample) -> None:
    subject = uuid.uuid4()
    await order(sample.database, subject, 1)
    notes = await count(sample.database, "note")
    request = creation(contact_id=str(subject))
    with pytest.raises(FailedPrecondition) as refused:
        await sample.client("agent").CreateTicket(request)
    assert refused.value.reason == "PROCESSING_RESTRICTED"
    assert await count(sample.database, "note") == notes
    await order(sample.database, subject, number=2)
    await sample.client("agent").CreateTicket(request)
    assert await count(sample.database, "note") == notes + 1


async def test_an_order_waits_for_whoever_is_writing(sample: Sample) -> None:
    subject = uuid.uuid4()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def deed(_session: Any) -> None:
        begun.set()
        await go_on.wait()

    sample.rpc.deeds.append(deed)
    writing = asyncio.ensure_future(sample.client("agent").CreateTicket(creation(contact_id=str(subject))))
    await begun.wait()
    ordering = asyncio.ensure_future(order(sample.database, subject, 1))
    async with sample.database.reading() as session:
        while not await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    # Not answered while something about the person may still be committed.
    assert not ordering.done()
    go_on.set()
    assert (await writing).contact_id == str(subject)
    await ordering
    async with sample.database.reading() as session:
        assert set(await restricted_among(session, [subject])) == {subject}


async def test_a_late_order_changes_nothing(database: Database) -> None:
    subject = uuid.uuid4()
    await order(database, subject, 1, number=5)
    await order(database, subject, number=6)
    await order(database, subject, 1, number=5)
    async with database.reading() as session:
        assert await restricted_among(session, [subject]) == {}
