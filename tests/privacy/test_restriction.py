"""Restriction (Art. 18 GDPR): in force when every holder has signed, and never lifted before the person was told."""

import uuid
from datetime import timedelta

import pytest
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import restrictions_pb2, restrictions_pb2_grpc

from kernel.errors import DomainError, InvalidArgument, PermissionDenied
from kernel.pages import Pages
from kernel.restriction import restricted_among
from services.privacy.permits.model import About, Candidate
from services.privacy.permits.service import PermitService, either
from services.privacy.requests.model import Kind, State, TooLate, Wish
from services.privacy.restrictions.model import (
    NotAnnounced,
    NotInForce,
    Restriction,
    RestrictionNotFound,
    TooEarly,
)
from services.privacy.restrictions.model import State as Standing
from services.privacy.restrictions.rpc import RestrictionsRpc
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer, signer

ACCURACY = options_pb2.RESTRICTION_GROUND_ACCURACY
CLAIM = options_pb2.RESTRICTION_GROUND_LEGAL_CLAIM


async def asked(machine: Machine, contact_id: uuid.UUID, ground: int = ACCURACY) -> uuid.UUID:
    view = await machine.create(contact_id, Kind.RESTRICTION, wish=Wish(ground=ground))
    return view.request.id


async def only(machine: Machine, contact_id: uuid.UUID) -> Restriction:
    (found,) = await machine.restrictions.list_restrictions(contact_id, all_of_them=True)
    return found


async def held_at(machine: Machine, contact_id: uuid.UUID) -> list[tuple[int, ...]]:
    """The grounds at each of the four holders."""
    found = [told.restricted.get(str(contact_id), ()) for told in machine.told.values()]
    for database in (machine.contacts, machine.parts.database):
        async with database.reading() as session:
            known = (await restricted_among(session, [contact_id])).get(contact_id)
        found.append(known.grounds if known else ())
    return found


async def test_a_restriction_is_complete_when_every_holder_has_signed(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    machine.told["tickets"].down = True
    request_id = await asked(machine, contact_id)
    await machine.jobs().work()
    view = await machine.see(request_id, contact_id)
    assert (view.request.state, view.request.waiting_for) == (State.EXECUTING, ("tickets",))
    assert (await only(machine, contact_id)).state is Standing.ORDERED
    assert await held_at(machine, contact_id) == [(ACCURACY,), (), (ACCURACY,), (ACCURACY,)]
    machine.told["tickets"].down = False
    await machine.jobs().work()
    view = await machine.see(request_id, contact_id)
    assert (view.request.state, view.request.waiting_for) == (State.COMPLETED, ())
    assert (await only(machine, contact_id)).state is Standing.IN_FORCE
    assert await held_at(machine, contact_id) == [(ACCURACY,)] * 4
    assert [s.reason for s in view.transitions][-2:] == ["restricting", "restricted"]


async def test_a_receipt_with_a_strangers_signature_proves_nothing(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    machine.told["campaigns"].stranger = signer("somebody")
    request_id = await asked(machine, contact_id)
    await machine.jobs().work()
    view = await machine.see(request_id, contact_id)
    assert (view.request.state, view.request.problem) == (State.EXECUTING, "receipt-refused")
    machine.told["campaigns"].stranger = None
    await machine.jobs().work()
    assert (await machine.see(request_id, contact_id)).request.state is State.COMPLETED


@pytest.mark.parametrize("ground", [0, 5, -1])
async def test_only_the_four_grounds_of_the_law_restrict(machine: Machine, ground: int) -> None:
    contact_id = await add_person(machine.contacts)
    with pytest.raises(InvalidArgument) as refused:
        await asked(machine, contact_id, ground)
    assert refused.value.reason == "GROUND_MISSING"
    assert await machine.restrictions.list_restrictions(contact_id, all_of_them=True) == []


async def test_nothing_is_sent_from_the_request_on(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    parts = machine.parts
    permits = PermitService(
        parts.database,
        parts.clock,
        lapsing=parts.lapsing,
        customers=parts.customers,
        suppression=parts.suppression,
        restricted=either(machine.service.restricted, machine.restrictions.restricted),
    )
    about, candidates = About(1, "login-invitation", contract=True), [Candidate(contact_id, "a@b.example")]
    assert (await permits.authorize(candidates, about, batch_id=None))[0].permitted
    # Before any holder was told: what waits in a queue asks for its permit now.
    await asked(machine, contact_id)
    assert (await permits.authorize(candidates, about, batch_id=None))[0].reason == "restricted"


async def test_no_restriction_ends_before_the_person_was_told(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    await asked(machine, contact_id)
    restriction = await only(machine, contact_id)
    tomorrow = (machine.parts.clock.now() + timedelta(days=1)).date()
    with pytest.raises(NotInForce):
        await machine.restrictions.announce_lifting(
            restriction.id, lift_on=tomorrow.isoformat(), reason="verified"
        )
    await machine.jobs().work()
    with pytest.raises(NotAnnounced):
        await machine.restrictions.lift_restriction(restriction.id)
    for day in (machine.parts.clock.now().date().isoformat(), "morgen", ""):
        with pytest.raises(InvalidArgument):
            await machine.restrictions.announce_lifting(restriction.id, lift_on=day, reason="verified")
    told = await machine.restrictions.announce_lifting(
        restriction.id, lift_on=tomorrow.isoformat(), reason="verified"
    )
    assert (told.state, told.lift_on, told.lift_reason) == (Standing.ANNOUNCED, tomorrow, "verified")
    with pytest.raises(TooEarly):
        await machine.restrictions.lift_restriction(restriction.id)
    # Told is not lifted.
    assert await held_at(machine, contact_id) == [(ACCURACY,)] * 4
    machine.parts.clock.advance(days=1)
    machine.told["campaigns"].down = True
    for _ in range(2):
        await machine.restrictions.lift_restriction(restriction.id)
        await machine.restrictions.work()
    # One holder still restricts, so it has not ended.
    assert (await only(machine, contact_id)).state is Standing.LIFTING
    machine.told["campaigns"].down = False
    await machine.restrictions.work()
    assert (await only(machine, contact_id)).state is Standing.LIFTED
    assert await held_at(machine, contact_id) == [()] * 4


async def test_what_one_ground_lifts_another_one_keeps(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    for ground in (ACCURACY, CLAIM):
        await asked(machine, contact_id, ground)
        await machine.jobs().work()
    assert await held_at(machine, contact_id) == [(ACCURACY, CLAIM)] * 4
    first = (await machine.restrictions.list_restrictions(contact_id, all_of_them=True))[-1]
    day = (machine.parts.clock.now() + timedelta(days=1)).date()
    await machine.restrictions.announce_lifting(first.id, lift_on=day.isoformat(), reason="corrected")
    machine.parts.clock.advance(days=1)
    await machine.restrictions.lift_restriction(first.id)
    await machine.restrictions.work()
    assert await held_at(machine, contact_id) == [(CLAIM,)] * 4
    left = await machine.restrictions.list_restrictions(contact_id, all_of_them=False)
    assert [(r.ground, r.state) for r in left] == [(CLAIM, Standing.IN_FORCE)]


async def test_what_is_restricted_is_not_withdrawn_but_lifted(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    request_id = await asked(machine, contact_id)
    with pytest.raises(TooLate):
        await machine.service.withdraw_request(request_id, caller=customer(contact_id))


async def test_nobody_announces_for_no_reason_or_for_nothing(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    await asked(machine, contact_id)
    await machine.jobs().work()
    restriction = await only(machine, contact_id)
    day = (machine.parts.clock.now() + timedelta(days=1)).date().isoformat()
    for found, reason, refusal in (
        (restriction.id, "Frau Weiß hat angerufen", InvalidArgument),
        (uuid.uuid4(), "verified", RestrictionNotFound),
    ):
        with pytest.raises(refusal):
            await machine.restrictions.announce_lifting(found, lift_on=day, reason=reason)
    assert issubclass(RestrictionNotFound, DomainError)


async def test_who_is_restricted_stands_in_the_list_once_with_all_grounds_until_it_is_lifted(
    machine: Machine, realm: Realm, serve: Serve
) -> None:
    first, second = await add_person(machine.contacts), await add_person(machine.contacts)
    await asked(machine, first)
    await machine.jobs().work()
    machine.parts.clock.advance(days=1)
    await asked(machine, second)
    await asked(machine, first, CLAIM)
    await machine.jobs().work()
    rpc = RestrictionsRpc(machine.restrictions, Pages("s" * 32))
    door = (restrictions_pb2_grpc.add_RestrictionsServicer_to_server, rpc)
    served = await serve(door, database=machine.parts.database, audience="kontor-privacy")
    stub = restrictions_pb2_grpc.RestrictionsStub(served.channel(realm.token("manager")))
    wanted = restrictions_pb2.ListRestrictedContactsRequest(page_size=1)
    found = await stub.ListRestrictedContacts(wanted)
    assert (found.total_size, [each.contact_id for each in found.contacts]) == (2, [str(second)])
    wanted.page_token = found.next_page_token
    found = await stub.ListRestrictedContacts(wanted)
    assert [(each.contact_id, list(each.grounds)) for each in found.contacts] == [
        (str(first), [ACCURACY, CLAIM])
    ]
    assert not found.next_page_token
    day = (machine.parts.clock.now() + timedelta(days=2)).date().isoformat()
    (only_one,) = await machine.restrictions.list_restrictions(second, all_of_them=True)
    await machine.restrictions.announce_lifting(only_one.id, lift_on=day, reason="verified")
    machine.parts.clock.advance(days=3)
    await machine.restrictions.lift_restriction(only_one.id)
    await machine.jobs().work()
    await machine.restrictions.work()
    remaining, total = await machine.restrictions.list_restricted_contacts(after=None, limit=5)
    assert ([each.contact_id for each in remaining], total) == ([first], 1)
    agent = restrictions_pb2_grpc.RestrictionsStub(served.channel(realm.token("agent")))
    with pytest.raises(PermissionDenied):
        await agent.ListRestrictedContacts(restrictions_pb2.ListRestrictedContactsRequest())
