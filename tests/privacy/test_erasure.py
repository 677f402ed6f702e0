"""Erasure that is proven: order, receipts, outages, kills, probe, certificate."""

import json
import uuid
from typing import Any

import pytest
from kontor.privacy.v1 import consent_life_pb2, holder_pb2
from nats.js.errors import NotFoundError
from sqlalchemy import delete, insert, select, text, update

from kernel.errors import FailedPrecondition, NotFound
from kernel.identity import Principal
from services.privacy.permits.model import About, Candidate
from services.privacy.permits.service import PermitService
from services.privacy.requests.certificate import faults
from services.privacy.requests.model import Filter, Kind, State
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL, PHONE
from tests.privacy import giving
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request
from tests.privacy.holders import Person, Remark, add_person
from tests.privacy.machine import Killed, Machine, Reaper, customer, signer


async def rows(machine: Machine, statement: str) -> list[Any]:
    async with machine.parts.database.reading() as session:
        return list((await session.execute(text(statement))).all())


async def ledger_messages(machine: Machine) -> list[dict[str, Any]]:
    js = machine.bus.jetstream
    try:
        info = await js.stream_info("LEDGER")
    except NotFoundError:
        return []
    found = [await js.get_msg("LEDGER", seq=n + 1) for n in range(info.state.messages)]
    return [json.loads(message.data or b"") for message in found]


async def test_erasure_runs_from_plan_to_certificate(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="Anna@example.org")
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    planned = await machine.see(request_id, anna)
    assert planned.request.state is State.PLANNED
    assert [p.holder for p in planned.plans] == ["campaigns", "contacts", "privacy", "tickets"]
    assert await ledger_messages(machine) == []
    assert machine.told["tickets"].executions == 0

    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.PLANNED

    await machine.service.confirm_request(request_id, caller=customer(anna))
    await machine.jobs().work()
    done = await machine.see(request_id, anna)
    assert done.request.state is State.COMPLETED
    assert all(p.receipt for p in done.plans)
    assert [t.reason for t in done.transitions] == [
        "portal", "identity-login", "planned", "confirmed", "erased",
    ]  # fmt: skip
    async with machine.contacts.reading() as session:
        assert (await session.execute(select(Person.id))).first() is None
    assert await machine.parts.suppression.check_suppressions([Address(1, "anna@example.org")]) == [True]
    # Recipients are still to be told, and of whom: nobody could say that any more.
    assert len(await rows(machine, "SELECT * FROM request_identifiers")) == 1
    facts = [row.subject for row in await rows(machine, "SELECT subject FROM outbox ORDER BY seq")]
    assert facts == ["privacy.request.received", "privacy.request.completed"]


async def test_ledger_comes_before_anything_is_destroyed(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    await machine.bus.close()
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.EXECUTING
    assert view.transitions[-1].reason == "ledger-unavailable"
    # Nobody is waited for but the ledger, and that is said.
    assert (view.request.waiting_for, view.request.problem) == ((), "ledger-unavailable")
    async with machine.contacts.reading() as session:
        assert (await session.execute(select(Person.id))).scalar_one() == anna
    assert machine.told["tickets"].executions == 0


async def test_ledger_entry_holds_keyed_hashes_only(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    await machine.confirmed(anna)
    await machine.jobs().work()
    (message,) = await ledger_messages(machine)
    assert message["content"]["contact"] == str(anna)
    assert message["content"]["identifiers"] == sorted(
        (
            machine.parts.hasher.ledger("email", "anna@example.org").hex(),
            machine.parts.hasher.ledger("phone", "+4930901820").hex(),
        )
    )
    assert "anna@" not in json.dumps(message)
    (row,) = await rows(machine, "SELECT plan_hash FROM erasure_ledger")
    assert row.plan_hash.hex() == message["content"]["plan"]


async def test_a_holder_that_is_down_only_delays(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    tickets = machine.told["tickets"]
    tickets.down = True
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    waiting = await machine.see(request_id, anna)
    assert (waiting.request.state, waiting.request.waiting_for) == (State.ACCEPTED, ("tickets",))
    tickets.down = False
    await machine.jobs().work()
    await machine.service.confirm_request(request_id, caller=customer(anna))
    tickets.down = True
    await machine.jobs().work()
    waiting = await machine.see(request_id, anna)
    assert (waiting.request.state, waiting.request.waiting_for) == (State.EXECUTING, ("tickets",))
    assert {p.holder for p in waiting.plans if p.receipt} == {"contacts", "campaigns", "privacy"}
    tickets.down = False
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED
    assert machine.told["campaigns"].executions == 1


async def test_an_address_is_suppressed_before_anybody_erases_it(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    await machine.confirmed(anna)
    for told in machine.told.values():
        told.down = True
    await machine.jobs().work()
    assert [told.executions for told in machine.told.values()] == [0, 0]
    assert await machine.parts.suppression.check_suppressions([Address(1, "anna@example.org")]) == [True]


async def test_a_receipt_with_a_wrong_signature_never_completes(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    machine.told["tickets"].stranger = signer("a stranger")
    for _ in range(3):
        await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.EXECUTING
    assert view.request.waiting_for == ("tickets",)
    assert [t.reason for t in view.transitions].count("receipt-signature:tickets") == 1
    with pytest.raises(FailedPrecondition):
        await machine.document(request_id, anna, 1)
    machine.told["tickets"].stranger = None
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_what_the_probe_finds_is_planned_and_erased_anew(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = await machine.confirmed(anna)
    left = holder_pb2.Finding(dataset="note", column="body", rows=1)
    machine.told["tickets"].findings = [
        left,
        holder_pb2.Finding(dataset="invoice", column="to", rows=1, law="§ 147 AO"),
    ]
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.EXECUTING
    assert view.transitions[-1].reason == "probe-found:tickets.note.body"
    machine.told["tickets"].findings.remove(left)
    await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.COMPLETED
    assert {p.number for p in view.plans} == {1, 2}
    assert machine.told["campaigns"].executions == 2
    assert [m["content"]["round"] for m in await ledger_messages(machine)] == [1, 2]
    statement = await machine.document(request_id, anna, 1)
    assert faults(statement, certificate_key=signer("privacy").public_key, holder_keys=machine.keys) == []


async def test_who_had_only_a_number_is_suppressed_by_it(machine: Machine) -> None:
    # Imports and forms ask about the number where there is no address: the erased must not come back by a file.
    anna = await add_person(machine.contacts, email="", phone="+49 30 123456")
    await machine.confirmed(anna)
    await machine.jobs().work()
    checked = await machine.parts.suppression.check_suppressions([Address(PHONE, "030 123456")])
    assert checked == [True]


async def test_a_number_that_a_household_shares_is_not_suppressed_beside_an_address(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org", phone="+49 30 123456")
    await machine.confirmed(anna)
    await machine.jobs().work()
    asked = [Address(EMAIL, "anna@example.org"), Address(PHONE, "030 123456")]
    assert await machine.parts.suppression.check_suppressions(asked) == [True, False]


async def test_an_address_in_somebody_elses_text_keeps_the_request_open(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    async with machine.contacts.transaction() as session:
        await session.execute(insert(Remark).values(id=uuid.uuid4(), text="ask ANNA@example.org about it"))
    request_id = await machine.confirmed(anna)
    for _ in range(3):
        await machine.jobs().work()
    view = await machine.see(request_id, anna)
    assert view.request.state is State.EXECUTING
    assert "probe-found:contacts.remark.text" in [t.reason for t in view.transitions]
    assert view.request.retry_at is not None
    async with machine.contacts.transaction() as session:
        await session.execute(delete(Remark))
    machine.parts.clock.advance(hours=1)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_a_namesake_keeps_nobody_from_being_erased(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    async with machine.contacts.transaction() as session:
        await session.execute(insert(Remark).values(id=uuid.uuid4(), text="Anna Meier from Hamburg called"))
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    assert (await machine.see(request_id, anna)).request.state is State.COMPLETED


async def test_no_message_may_go_out_while_the_erasure_runs(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    machine.told["tickets"].down = True
    parts = machine.parts
    permits = PermitService(
        parts.database,
        parts.clock,
        lapsing=parts.lapsing,
        customers=parts.customers,
        suppression=parts.suppression,
        restricted=machine.service.restricted,
    )
    machine.told["tickets"].down = False
    await machine.confirmed(anna)
    (decision,) = await permits.preview([Candidate(anna, "a@example.org")], About(1, "newsletter"))
    assert decision.reason == "restricted"


async def test_the_subjects_copies_go_and_the_proof_stays(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    copy_id = (await machine.create(anna, Kind.ACCESS)).request.id
    await machine.jobs().work()
    assert await machine.document(copy_id, anna, 1)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    with pytest.raises(NotFound):
        await machine.document(copy_id, anna, 1)
    assert await machine.document(request_id, anna, 1)


async def test_a_second_erasure_while_one_is_open_names_the_first(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    first = (await machine.create(anna, Kind.ERASURE)).request.id
    with pytest.raises(FailedPrecondition) as refused:
        await machine.create(anna, Kind.ERASURE)
    assert refused.value.reason == "REQUEST_OPEN"
    assert refused.value.metadata == {"id": str(first)}
    await machine.create(anna, Kind.ACCESS)


async def test_only_the_requester_sees_and_confirms(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    stranger = customer(uuid.uuid4())
    for attempt in (
        machine.service.get_request(request_id, caller=stranger),
        machine.service.confirm_request(request_id, caller=stranger),
        machine.service.get_document(request_id, format=1, caller=stranger),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await machine.service.list_requests(Filter(), after=None, limit=9, caller=stranger) == []
    dpo = Principal(subject="dpo", client="gateway", roles=frozenset({"dpo"}), token="", expires_at=0)
    open_ones = await machine.service.list_requests(Filter(only_open=True), after=None, limit=9, caller=dpo)
    assert [view.request.id for view in open_ones] == [request_id]


async def test_confirming_twice_is_refused(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    with pytest.raises(FailedPrecondition) as refused:
        await machine.service.confirm_request(request_id, caller=customer(anna))
    assert refused.value.reason == "NOT_PLANNED"


@pytest.mark.slow
async def test_killed_between_any_two_steps_it_finishes_and_doubles_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies at the n-th step, for every n; the next life finishes what it began."""
    monkeypatch.setattr("services.privacy.requests.pdf.render", lambda *_, **__: b"%PDF")
    n = 0
    while True:
        n += 1
        anna = await add_person(machine.contacts)
        request_id = (await machine.create(anna, Kind.ERASURE)).request.id
        reaper = Reaper(at=n)
        killed = await _live(machine, reaper)
        await machine.jobs().work()
        # She moves before she says the word: then everything is planned anew, and that may be interrupted, too.
        async with machine.contacts.transaction() as session:
            await session.execute(
                update(Person).where(Person.id == anna).values(email=f"neu-{n}@example.org")
            )
        await machine.service.confirm_request(request_id, caller=customer(anna))
        killed = await _live(machine, reaper) or killed
        executions = machine.told["tickets"].executions
        await machine.jobs().work()
        view = await machine.see(request_id, anna)
        assert view.request.state is State.COMPLETED, n
        assert len(view.plans) == 4
        assert machine.told["tickets"].executions in (executions, n)
        assert machine.told["tickets"].executions == n
        counted = await rows(
            machine,
            "SELECT (SELECT count(*) FROM certificate), (SELECT count(*) FROM erasure_ledger), "
            "(SELECT count(*) FROM outbox WHERE subject = 'privacy.request.completed')",
        )
        assert tuple(counted[0]) == (2 * n, n, n)
        listed = await machine.parts.suppression.get_suppression_counts()
        assert listed.by_reason == {"erasure": 2 * n}
        statement = await machine.document(request_id, anna, 1)
        assert faults(statement, certificate_key=machine.signer.public_key, holder_keys=machine.keys) == []
        if not killed:
            break
    assert n > 40
    assert len({m["content"]["id"] for m in await ledger_messages(machine)}) == n


async def _live(machine: Machine, reaper: Reaper) -> bool:
    try:
        await machine.jobs(reaper).work()
    except Killed:
        return True
    return False


async def test_a_consent_that_is_told_after_the_erasure_is_not_kept(machine: Machine, doors: Doors) -> None:
    anna = await add_person(machine.contacts)
    given = await give_request(machine.parts.database, anna)
    await machine.confirmed(anna)
    await machine.jobs().work()
    # A click of before, told again by whoever was interrupted then.
    with pytest.raises(FailedPrecondition) as refused:
        await doors.consents(doors.as_service()).GiveConsent(given)
    assert refused.value.reason == "CONTACT_ERASED"
    asking = consent_life_pb2.AskConsentRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(anna),
        topic="newsletter",
        channel=giving.EMAIL,
        language="de",
    )
    with pytest.raises(FailedPrecondition) as refused:
        await doors.life(doors.as_service()).AskConsent(asking)
    assert refused.value.reason == "CONTACT_ERASED"
    async with machine.parts.database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM consent_record"))).scalar_one() == 0
