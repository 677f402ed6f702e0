"""Rectification, objection, withdrawal: what takes effect at once, what a person decides, and who else is told."""

import asyncio
import uuid
from datetime import date

import pytest

from kernel.errors import DomainError, InvalidArgument
from kernel.identity import Principal
from services.privacy.clients import HolderClient
from services.privacy.consent.model import Evidence, TopicUnknown
from services.privacy.consent.model import State as Consent
from services.privacy.consent.recording import Subject
from services.privacy.permits.model import About, Candidate
from services.privacy.requests.course import ReasonUnfit, Reception
from services.privacy.requests.model import (
    Correction,
    Kind,
    NothingToFulfil,
    RecipientNotFound,
    RecipientSettled,
    Scope,
    State,
    Wish,
)
from services.privacy.suppression.model import Address
from tests.privacy.giving import CONFIRMED_AT, EMAIL, text_id
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer

OFFICER = Principal(
    subject="officer", client="kontor-gateway", roles=frozenset({"dpo"}), token="", expires_at=0
)
MOVED = (Correction("street", "Alte Gasse 1", "Neue Gasse 2"), Correction("city", "Ulm", "Köln"))
# A wish that every kind accepts; a new kind has to say here what it needs.
WISHES = {
    Kind.ACCESS: Wish(),
    Kind.ERASURE: Wish(),
    Kind.RECTIFICATION: Wish(corrections=MOVED),
    Kind.RESTRICTION: Wish(ground=1),
    Kind.PORTABILITY: Wish(),
    Kind.OBJECTION: Wish(objection=Scope.PROCESSING),
    Kind.WITHDRAWAL: Wish(),
}


async def subscribed(machine: Machine, contact_id: uuid.UUID, topic: str = "newsletter") -> None:
    service = Principal(
        subject="campaigns", client="kontor-campaigns", roles=frozenset({"service"}), token="", expires_at=0
    )
    proof = Evidence(
        form_url="https://portal.example/newsletter",
        language="de",
        request_time=CONFIRMED_AT,
        confirm_time=CONFIRMED_AT,
        mail_sha256=b"m" * 32,
        token_sha256=uuid.uuid4().bytes * 2,
        method="double-opt-in",
    )
    shown = uuid.UUID(await text_id(machine.parts.database, topic))
    about = Subject(contact_id, topic, EMAIL)
    await machine.parts.consents.give_consent(about, text_id=shown, evidence=proof, caller=service)


async def may_write(machine: Machine, contact_id: uuid.UUID, address: str, topic: str = "newsletter") -> str:
    """What a permit asked for now would say."""
    asked = [Candidate(contact_id, address)]
    (decision,) = await machine.parts.permits.preview(asked, About(topic=topic, channel=EMAIL))
    return decision.reason


async def test_a_withdrawal_counts_before_it_is_answered(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    for topic in ("newsletter", "events"):
        await subscribed(machine, contact_id, topic)
    assert await may_write(machine, contact_id, "a@b.example") == "consent"
    view = await machine.create(contact_id, Kind.WITHDRAWAL)
    assert (view.request.state, view.transitions[-1].reason) == (State.COMPLETED, "consents-withdrawn:2")
    assert await may_write(machine, contact_id, "a@b.example") == "withdrawn"
    records, _ = await machine.parts.consents.list_consents(contact_id)
    assert {(r.topic, r.state, r.evidence.method) for r, _ in records} == {
        ("newsletter", Consent.WITHDRAWN, "request"),
        ("events", Consent.WITHDRAWN, "request"),
    }


async def test_topics_can_be_chosen_and_the_others_stay(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    for topic in ("newsletter", "events"):
        await subscribed(machine, contact_id, topic)
    await machine.create(contact_id, Kind.WITHDRAWAL, wish=Wish(topics=("newsletter",)))
    assert await may_write(machine, contact_id, "a@b.example") == "withdrawn"
    assert await may_write(machine, contact_id, "a@b.example", "events") == "consent"


async def test_withdrawing_twice_or_nothing_is_no_error(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    for _ in range(2):
        view = await machine.create(contact_id, Kind.WITHDRAWAL)
        assert (view.request.state, view.transitions[-1].reason) == (State.COMPLETED, "consents-withdrawn:0")
    never_given = await machine.create(contact_id, Kind.WITHDRAWAL, wish=Wish(topics=("newsletter",)))
    assert never_given.transitions[-1].reason == "consents-withdrawn:1"


async def test_an_unknown_topic_leaves_nothing_behind(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    await subscribed(machine, contact_id)
    with pytest.raises(TopicUnknown):
        await machine.create(contact_id, Kind.WITHDRAWAL, wish=Wish(topics=("newsletter", "Frau Müller")))
    assert await may_write(machine, contact_id, "a@b.example") == "consent"


async def test_an_objection_to_advertising_is_absolute(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts, email="erna@post.example", phone="+493012345")
    await subscribed(machine, contact_id)
    view = await machine.create(contact_id, Kind.OBJECTION, wish=Wish(objection=Scope.MARKETING))
    # At once, though nobody has told us the addresses yet.
    assert await may_write(machine, contact_id, "erna@post.example") == "withdrawn"
    with pytest.raises(ReasonUnfit):
        await machine.handling.refuse_request(view.request.id, reason="compelling-grounds", caller=OFFICER)
    await machine.jobs().work()
    view = await machine.see(view.request.id, contact_id)
    assert (view.request.state, view.course.objection) == (State.COMPLETED, Scope.MARKETING)
    somebody_new = uuid.uuid4()
    await subscribed(machine, somebody_new)
    assert await may_write(machine, somebody_new, "Erna@Post.example") == "suppressed"
    (entry,) = await machine.parts.suppression.entries_of([Address(EMAIL, "erna@post.example")])
    assert entry.reason == "objection"


async def test_a_holder_that_is_down_delays_an_objection_and_no_more(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    await subscribed(machine, contact_id)
    # As good as down: the door of one that is.
    machine.clients["contacts"] = HolderClient("contacts", machine.clients["tickets"].stub)
    machine.told["tickets"].down = True
    view = await machine.create_as_staff(contact_id, Kind.OBJECTION, Wish(objection=Scope.MARKETING))
    await machine.jobs().work()
    assert await may_write(machine, contact_id, "a@b.example") == "withdrawn"
    seen = await machine.service.get_request(view.request.id, caller=OFFICER)
    assert (seen.request.state, seen.request.waiting_for) == (State.ACCEPTED, ("contacts",))


async def test_processing_objected_to_is_restricted_until_somebody_decides(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    view = await machine.create(contact_id, Kind.OBJECTION, wish=Wish(objection=Scope.PROCESSING))
    for _ in range(3):
        await machine.jobs().work()
    seen = await machine.see(view.request.id, contact_id)
    assert seen.request.state is State.EXECUTING
    assert [s.reason for s in seen.transitions].count("weighing-grounds") == 1
    (restriction,) = await machine.restrictions.list_restrictions(contact_id, all_of_them=False)
    assert restriction.ground == 4
    done = await machine.handling.fulfil_request(view.request.id, caller=OFFICER)
    assert (done.request.state, done.transitions[-1].reason) == (State.COMPLETED, "objection-upheld")
    with pytest.raises(NothingToFulfil):
        await machine.handling.fulfil_request(view.request.id, caller=OFFICER)


@pytest.mark.parametrize("reason", ["compelling-grounds", "legal-claims"])
async def test_an_objection_to_processing_is_refused_for_what_the_law_names(
    machine: Machine, reason: str
) -> None:
    contact_id = await add_person(machine.contacts)
    view = await machine.create(contact_id, Kind.OBJECTION, wish=Wish(objection=Scope.PROCESSING))
    for unfit in ("excessive", "law-keeps-everything"):
        with pytest.raises(ReasonUnfit):
            await machine.handling.refuse_request(view.request.id, reason=unfit, caller=OFFICER)
    refused = await machine.handling.refuse_request(view.request.id, reason=reason, caller=OFFICER)
    assert (refused.request.state, refused.course.refusal) == (State.REFUSED, reason)


@pytest.mark.parametrize("scope", [0, 3, -1])
async def test_an_objection_says_to_what(machine: Machine, scope: int) -> None:
    with pytest.raises(InvalidArgument):
        await machine.create(await add_person(machine.contacts), Kind.OBJECTION, wish=Wish(objection=scope))


async def test_a_correction_is_complete_when_every_recipient_is_settled(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    view = await machine.create(contact_id, Kind.RECTIFICATION, wish=WISHES[Kind.RECTIFICATION])
    await machine.jobs().work()
    said = await machine.service.get_corrections(view.request.id, caller=customer(contact_id))
    assert {(c.field, c.before, c.after) for c in said} == {
        ("street", "Alte Gasse 1", "Neue Gasse 2"),
        ("city", "Ulm", "Köln"),
    }
    done = await machine.handling.fulfil_request(view.request.id, caller=OFFICER)
    assert done.request.state is State.EXECUTING
    names = [each.recipient for each in done.recipients]
    assert names == ["Fernwartung AG", "Mail Relay Inc.", "Rechenzentrum Spree GmbH, Berlin"]
    with pytest.raises(RecipientNotFound):
        await settle(machine, view.request.id, "Niemand AG")
    with pytest.raises(InvalidArgument):
        await settle(machine, view.request.id, names[0], how="Brieftaube")
    await settle(machine, view.request.id, names[0], how="email")
    with pytest.raises(RecipientSettled):
        await settle(machine, view.request.id, names[0], how="letter")
    await settle(machine, view.request.id, names[1], how="disproportionate")
    await settle(machine, view.request.id, names[2], how="interface")
    seen = await machine.see(view.request.id, contact_id)
    assert (seen.request.state, seen.transitions[-1].reason) == (State.COMPLETED, "recipients-settled")
    assert [each.how for each in seen.recipients] == ["email", "disproportionate", "interface"]


async def settle(machine: Machine, request_id: uuid.UUID, recipient: str, *, how: str = "email") -> None:
    await machine.handling.settle_recipient(request_id, recipient=recipient, how=how, caller=OFFICER)


@pytest.mark.parametrize(
    "said",
    [
        (),
        (Correction("shoe_size", "41", "42"),),
        (Correction("city", "Ulm", "Köln"), Correction("city", "Ulm", "Bonn")),
        (Correction("city", "Ulm ", " Ulm"),),
        (Correction("other", "", ""),),
    ],
)
async def test_a_rectification_says_what_is_wrong(machine: Machine, said: tuple[Correction, ...]) -> None:
    with pytest.raises(InvalidArgument):
        await machine.create(
            await add_person(machine.contacts), Kind.RECTIFICATION, wish=Wish(corrections=said)
        )


async def test_what_is_correct_is_not_corrected(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    view = await machine.create(contact_id, Kind.RECTIFICATION, wish=WISHES[Kind.RECTIFICATION])
    refused = await machine.handling.refuse_request(view.request.id, reason="data-is-correct", caller=OFFICER)
    assert refused.request.state is State.REFUSED
    copy = await machine.create(contact_id, Kind.ACCESS)
    with pytest.raises(ReasonUnfit):
        await machine.handling.refuse_request(copy.request.id, reason="data-is-correct", caller=OFFICER)


async def test_corrections_go_with_the_person(machine: Machine) -> None:
    contact_id = await add_person(machine.contacts)
    view = await machine.create(contact_id, Kind.RECTIFICATION, wish=WISHES[Kind.RECTIFICATION])
    erasure = await machine.confirmed(contact_id)
    for _ in range(3):
        await machine.jobs().work()
    assert (await machine.see(erasure, contact_id)).request.state is State.COMPLETED
    seen = await machine.service.get_request(view.request.id, caller=OFFICER)
    assert (seen.request.state, seen.transitions[-1].reason) == (State.WITHDRAWN, "erasure-confirmed")
    assert await machine.service.get_corrections(view.request.id, caller=OFFICER) == []


@pytest.mark.parametrize("kind", list(Kind))
async def test_two_of_a_kind_at_once_are_one(machine: Machine, kind: Kind) -> None:
    contact_id = await add_person(machine.contacts)
    asked = [machine.create(contact_id, kind, wish=WISHES[kind]) for _ in range(2)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    made = [each for each in answers if not isinstance(each, BaseException)]
    refused = [each for each in answers if isinstance(each, DomainError)]
    # Whoever withdraws again is not told that it was not possible.
    expected = 2 if kind is Kind.WITHDRAWAL else 1
    assert (len(made), [r.reason for r in refused]) == (expected, ["REQUEST_OPEN"] * (2 - expected))


@pytest.mark.parametrize("kind", [Kind.RESTRICTION, Kind.OBJECTION, Kind.WITHDRAWAL])
async def test_what_takes_effect_at_once_waits_for_no_proof_of_identity(machine: Machine, kind: Kind) -> None:
    doubt = Reception(channel="letter", received_on=date(2026, 3, 1), in_doubt=True)
    with pytest.raises(InvalidArgument):
        await machine.create_as_staff(await add_person(machine.contacts), kind, WISHES[kind], reception=doubt)


async def test_only_the_own_request_is_seen(machine: Machine) -> None:
    erna, hugo = await add_person(machine.contacts), await add_person(machine.contacts)
    view = await machine.create(erna, Kind.RECTIFICATION, wish=WISHES[Kind.RECTIFICATION])
    with pytest.raises(DomainError) as refused:
        await machine.service.get_request(view.request.id, caller=customer(hugo))
    assert refused.value.reason == "REQUEST_NOT_FOUND"
    with pytest.raises(DomainError):
        await machine.service.get_corrections(view.request.id, caller=customer(hugo))
