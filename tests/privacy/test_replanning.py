"""What changes between the plan and the erasure: nothing escapes it, and nobody else is hit by it."""

import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import insert, select, update

from kernel.errors import Unavailable
from services.privacy.clients import HolderClient
from services.privacy.requests.certificate import faults
from services.privacy.requests.model import Identifiers, Kind, State
from services.privacy.requests.receipts import Planned, combined_hash, growth
from services.privacy.requests.rpc import _plans as shown_plans
from services.privacy.suppression.model import Address
from tests.privacy.holders import Person, Remark, add_person
from tests.privacy.machine import Machine, customer, signer
from tests.privacy.test_erasure import ledger_messages

OLD, NEW = "alt@example.org", "neu@example.org"


@dataclass(frozen=True, slots=True)
class Meddled(HolderClient):
    """Something happens before each word to erase, between the promise and the erasure."""

    meanwhile: Callable[[], Awaitable[None]]

    async def execute(self, request: holder_pb2.ExecuteRequest) -> holder_pb2.Receipt:
        await self.meanwhile()
        return await HolderClient.execute(self, request)


async def moves(machine: Machine, contact_id: uuid.UUID, email: str) -> None:
    async with machine.contacts.transaction() as session:
        await session.execute(update(Person).where(Person.id == contact_id).values(email=email))


async def people(machine: Machine) -> set[uuid.UUID]:
    async with machine.contacts.reading() as session:
        return set((await session.execute(select(Person.id))).scalars())


async def suppressed(machine: Machine, *emails: str) -> list[bool]:
    return await machine.parts.suppression.check_suppressions([Address(1, email) for email in emails])


def keyed(machine: Machine, *emails: str) -> set[str]:
    return {machine.parts.hasher.ledger("email", email).hex() for email in emails}


async def reasons(machine: Machine, request_id: uuid.UUID, contact_id: uuid.UUID) -> list[str]:
    return [t.reason for t in (await machine.see(request_id, contact_id)).transitions]


async def certificate(machine: Machine, request_id: uuid.UUID, contact_id: uuid.UUID) -> dict[str, Any]:
    """The content of a certificate that holds, whose only promise is the plan that was executed."""
    statement = await machine.document(request_id, contact_id, 1)
    assert faults(statement, certificate_key=signer("privacy").public_key, holder_keys=machine.keys) == []
    content: dict[str, Any] = json.loads(statement)["content"]
    plans = (await machine.see(request_id, contact_id)).plans
    assert all(p.receipt is not None and p.receipt.plan_hash == p.plan.plan_hash for p in plans)
    (promise,) = content["ledger"]
    assert promise["plan"] == combined_hash(plans).hex()
    assert promise["plan"] in {m["content"]["plan"] for m in await ledger_messages(machine)}
    return content


async def test_an_address_that_changed_since_the_plan_is_erased_with_the_former_one(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    await moves(machine, anna, NEW)
    async with machine.contacts.transaction() as session:
        await session.execute(insert(Remark).values(id=uuid.uuid4(), contact_id=None, text=f"ask {NEW}"))
    await machine.jobs().work()
    # The probe looks for the new address, too; what it found in another's text keeps the request open.
    assert "probe-found:contacts.remark.text" in await reasons(machine, request_id, anna)
    async with machine.contacts.transaction() as session:
        await session.execute(update(Remark).values(text="ask her"))
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert await people(machine) == set()
    assert await suppressed(machine, OLD, NEW) == [True, True]
    first, *_ = await ledger_messages(machine)
    assert keyed(machine, OLD, NEW) <= set(first["content"]["identifiers"])


async def test_the_promise_and_the_certificate_name_the_plan_that_was_executed(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    shown = combined_hash((await machine.see(request_id, anna)).plans)
    async with machine.contacts.transaction() as session:
        for _ in range(3):
            await session.execute(insert(Remark).values(id=uuid.uuid4(), contact_id=anna, text="since then"))
    machine.told["tickets"].more = [
        holder_pb2.PlanItem(
            dataset="invoice", action=holder_pb2.ACTION_KEEP_RESTRICTED, rows=1, law="§ 147 AO"
        )
    ]
    await machine.service.confirm_request(request_id, caller=customer(anna))
    await machine.jobs().work()
    assert await reasons(machine, request_id, anna) == [
        "portal", "identity-login", "planned", "confirmed", "replanned:3:1", "erased",
    ]  # fmt: skip
    content = await certificate(machine, request_id, anna)
    assert content["ledger"][0]["plan"] != shown.hex()
    (contacts,) = [h for h in content["holders"] if h["holder"] == "contacts"]
    assert [i["rows"] for i in contacts["planned"] if i["dataset"] == "remark"] == [3]


async def test_a_plan_that_still_holds_is_said_nothing_about(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    assert not [r for r in await reasons(machine, request_id, anna) if r.startswith("replanned")]
    await certificate(machine, request_id, anna)


async def test_a_former_address_that_another_contact_has_by_now_is_theirs(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    await moves(machine, anna, NEW)
    bert = await add_person(machine.contacts, email=OLD, family_name="Brandt")
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert await people(machine) == {bert}
    assert await suppressed(machine, OLD, NEW) == [False, True]
    await certificate(machine, request_id, anna)


async def test_whoever_comes_back_during_the_erasure_stays(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    machine.told["tickets"].stubborn = True
    await machine.jobs().work()
    back = await add_person(machine.contacts, email=OLD)
    machine.told["tickets"].stubborn = False
    for _ in range(2):
        await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert await people(machine) == {back}


async def test_an_address_that_changes_after_the_promise_is_promised_anew(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    addresses = iter([NEW])

    async def meanwhile() -> None:
        for email in addresses:
            await moves(machine, anna, email)

    contacts = machine.clients["contacts"]
    machine.clients["contacts"] = Meddled(contacts.name, contacts.stub, meanwhile)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.EXECUTING
    assert view.transitions[-1].reason == "identifiers-changed"
    assert await people(machine) == {anna}
    assert [told.executions for told in machine.told.values()] == [0, 0]
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.COMPLETED
    assert sorted(p.holder for p in view.plans) == ["campaigns", "contacts", "privacy", "tickets"]
    assert await suppressed(machine, OLD, NEW) == [True, True]
    assert await people(machine) == set()
    assert [m["content"]["round"] for m in await ledger_messages(machine)] == [1, 2]
    content = await certificate(machine, request_id, anna)
    assert [entry["round"] for entry in content["ledger"]] == [2]


async def test_nobody_erases_before_the_addresses_are_final(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)

    async def meanwhile() -> None:
        raise Unavailable("down")

    contacts = machine.clients["contacts"]
    machine.clients["contacts"] = Meddled(contacts.name, contacts.stub, meanwhile)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert set(view.request.waiting_for) == {"contacts", "campaigns", "tickets", "privacy"}
    assert not any(p.receipt for p in view.plans)
    machine.clients["contacts"] = contacts
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_other_addresses_wait_for_every_holder_and_the_same_ones_for_none(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)
    await moves(machine, anna, NEW)
    machine.told["tickets"].down = True
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.waiting_for == ("tickets",)
    assert await ledger_messages(machine) == []
    assert not any(p.receipt for p in view.plans)
    # Back again: what was planned with this address still holds, and only the receipt is waited for.
    await moves(machine, anna, OLD)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.waiting_for == ("tickets",)
    assert {p.holder for p in view.plans if p.receipt} == {"contacts", "campaigns", "privacy"}
    machine.told["tickets"].down = False
    await machine.jobs().work()
    await certificate(machine, request_id, anna)


async def test_waiting_for_days_makes_no_heap_of_plans(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    await machine.confirmed(anna)
    await moves(machine, anna, NEW)
    machine.told["tickets"].down = True
    for _ in range(4):
        await machine.jobs().work()
    assert len(machine.told["campaigns"].plans) == 2


async def test_what_came_after_the_promise_is_shown_as_done(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email=OLD)
    request_id = await machine.confirmed(anna)

    async def meanwhile() -> None:
        async with machine.contacts.transaction() as session:
            await session.execute(insert(Remark).values(id=uuid.uuid4(), contact_id=anna, text="at last"))

    contacts = machine.clients["contacts"]
    machine.clients["contacts"] = Meddled(contacts.name, contacts.stub, meanwhile)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    (shown,) = [p for p in shown_plans(view.plans) if p.holder == "contacts"]
    assert shown.executed
    assert [item.rows for item in shown.items if item.dataset == "remark"] == [1]


def test_joined_identifiers_are_sorted_and_single() -> None:
    one = Identifiers(emails=("b", "c"), phones=("2",))
    other = Identifiers(emails=("a", "b"), names=("N",))
    assert one.joined(other) == Identifiers(("a", "b", "c"), ("2",), ("N",))
    assert one.joined(other).without_emails({0, 2}).emails == ("b",)


ERASE, KEEP = holder_pb2.ACTION_DELETE_ROW, holder_pb2.ACTION_KEEP_RESTRICTED


@pytest.mark.parametrize(
    ("shown", "made", "more"),
    [
        ([("a", ERASE, 2)], [("a", ERASE, 2)], (0, 0)),
        ([("a", ERASE, 2)], [("a", ERASE, 5)], (3, 0)),
        ([("a", ERASE, 2)], [("a", KEEP, 2)], (0, 2)),
        ([("a", KEEP, 2), ("b", KEEP, 1)], [("b", KEEP, 2)], (0, 1)),
        ([("a", ERASE, 2)], [], (0, 0)),
        ([], [("audit_entry", KEEP, 9), ("idempotency", ERASE, 9)], (0, 0)),
    ],
)
def test_only_what_grew_is_counted(
    shown: Iterable[tuple[str, int, int]], made: Iterable[tuple[str, int, int]], more: tuple[int, int]
) -> None:
    def plans(items: Iterable[tuple[str, int, int]]) -> list[Planned]:
        listed = [
            holder_pb2.PlanItem(dataset=d, action=holder_pb2.Action.ValueType(a), rows=n) for d, a, n in items
        ]
        return [Planned(1, "contacts", holder_pb2.PlanResponse(items=listed), None)]

    assert growth(plans(shown), plans(made)) == more
