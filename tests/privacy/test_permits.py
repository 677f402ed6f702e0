"""No message without a permit: reasons, order, concurrency with withdrawal, speed."""

import asyncio
import time
import uuid

import pytest
from kontor.privacy.v1 import holder_pb2, privacy_pb2
from sqlalchemy import text

from kernel.errors import InvalidArgument, NotFound
from services.privacy.consent.model import State
from services.privacy.permits.model import About, Candidate, Known, decide
from services.privacy.suppression.model import Address
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts

SOMEBODY = Candidate(uuid.uuid4(), "somebody@example.org")


@pytest.mark.parametrize(
    ("address", "restricted", "suppressed", "state", "reason"),
    [
        ("a@b.example", False, False, State.GIVEN, "consent"),
        ("a@b.example", True, False, State.GIVEN, "restricted"),
        ("", False, True, State.GIVEN, "no-address"),
        ("  ", False, False, State.GIVEN, "no-address"),
        ("a@b.example", False, True, State.GIVEN, "suppressed"),
        ("a@b.example", False, True, State.WITHDRAWN, "suppressed"),
        ("a@b.example", False, False, State.WITHDRAWN, "withdrawn"),
        ("a@b.example", False, False, State.RENEWED, "consent"),
        ("a@b.example", False, False, State.REFUSED, "refused"),
        ("a@b.example", False, False, State.EXPIRED, "lapsed"),
        ("a@b.example", False, False, State.REQUESTED, "no-consent"),
        ("a@b.example", False, False, None, "no-consent"),
    ],
)
def test_the_strictest_reason_wins(
    address: str, restricted: bool, suppressed: bool, state: State | None, reason: str
) -> None:
    consent_id = uuid.uuid4()
    known = Known(restricted, suppressed, consent_id, state)
    said, rests_on = decide(Candidate(uuid.uuid4(), address), known)
    assert said == reason
    assert rests_on == (consent_id if reason == "consent" else None)


@pytest.mark.parametrize(
    ("address", "restricted", "suppressed", "reason"),
    [
        ("a@b.example", False, False, "contract"),
        ("a@b.example", True, False, "restricted"),
        ("a@b.example", False, True, "suppressed"),
        ("", False, False, "no-address"),
    ],
)
def test_a_contract_needs_no_consent_and_heeds_everything_else(
    address: str, restricted: bool, suppressed: bool, reason: str
) -> None:
    # A newsletter that was refused says nothing about what the contract needs.
    known = Known(restricted, suppressed, uuid.uuid4(), State.WITHDRAWN)
    assert decide(Candidate(uuid.uuid4(), address), known, contract=True) == (reason, None)


async def test_only_what_serves_the_contract_can_rest_on_it(doors: Doors, parts: Parts) -> None:
    permits, contact = doors.permits(doors.as_service()), uuid.uuid4()
    invitation = {"topic": "login-invitation", "basis": holder_pb2.BASIS_CONTRACT}
    (granted,) = (await permits.Authorize(authorize({contact: "a@example.org"}, **invitation))).decisions
    assert (granted.permitted, granted.reason, granted.consent_id) == (True, "contract", "")
    kept = await permits.GetDecision(privacy_pb2.GetDecisionRequest(decision_id=granted.id))
    assert kept.permitted
    await parts.suppression.add_suppression(Address(1, "a@example.org"), reason="objection")
    (denied,) = (await permits.Authorize(authorize({contact: "a@example.org"}, **invitation))).decisions
    assert (denied.permitted, denied.reason) == (False, "suppressed")
    for wrong in (
        {"topic": "newsletter", "basis": holder_pb2.BASIS_CONTRACT},
        {"topic": "login-invitation", "basis": holder_pb2.BASIS_LEGITIMATE_INTEREST},
    ):
        for call in (permits.Authorize, permits.Preview):
            with pytest.raises(InvalidArgument) as refused:
                await call(authorize({contact: "a@example.org"}, **wrong))
            assert refused.value.reason == "BASIS_NOT_OPEN"


def authorize(contacts: dict[uuid.UUID, str], **changes: object) -> privacy_pb2.AuthorizeRequest:
    values: dict[str, object] = {
        "channel": 1,
        "topic": "newsletter",
        "request_id": str(uuid.uuid4()),
        **changes,
    }
    return privacy_pb2.AuthorizeRequest(
        candidates=[privacy_pb2.Candidate(contact_id=str(c), address=a) for c, a in contacts.items()],
        **values,  # type: ignore[arg-type]
    )


async def test_a_batch_answers_in_the_order_asked_with_reasons(doors: Doors, parts: Parts) -> None:
    token = doors.as_service()
    given, withdrawn, unknown, suppressed, addressless, erasing = (uuid.uuid4() for _ in range(6))
    for contact in (given, withdrawn, suppressed, addressless, erasing):
        await doors.consents(token).GiveConsent(await give_request(parts.database, contact))
    await doors.consents(token).WithdrawConsent(withdraw_request(withdrawn))
    await parts.suppression.add_suppression(Address(1, "S@example.org"), reason="objection")
    parts.restricted.add(erasing)
    request = authorize(
        {given: "g@example.org", withdrawn: "w@example.org", unknown: "u@example.org",
         suppressed: "s@example.org", addressless: "", erasing: "e@example.org"}
    )  # fmt: skip
    answer = await doors.permits(token).Authorize(request)
    assert [d.reason for d in answer.decisions] == [
        "consent", "withdrawn", "no-consent", "suppressed", "no-address", "restricted",
    ]  # fmt: skip
    assert [d.permitted for d in answer.decisions] == [True] + [False] * 5
    assert [d.contact_id for d in answer.decisions] == [c.contact_id for c in request.candidates]
    kept = await doors.permits(token).GetDecision(
        privacy_pb2.GetDecisionRequest(decision_id=answer.decisions[0].id)
    )
    # A decision of its own says more: what it was about, and what came of every condition.
    for field in ("id", "contact_id", "permitted", "reason", "consent_id", "decide_time"):
        assert getattr(kept, field) == getattr(answer.decisions[0], field)
    assert kept.consent_id


async def test_the_same_batch_gets_the_same_decisions(doors: Doors, parts: Parts) -> None:
    token, contact = doors.as_service(), uuid.uuid4()
    await doors.consents(token).GiveConsent(await give_request(parts.database, contact))
    request = authorize({contact: "g@example.org"})
    first = await doors.permits(token).Authorize(request)
    await doors.consents(token).WithdrawConsent(withdraw_request(contact))
    assert await doors.permits(token).Authorize(request) == first
    asked_anew = await doors.permits(token).Authorize(authorize({contact: "g@example.org"}))
    assert asked_anew.decisions[0].reason == "withdrawn"


async def test_consent_to_another_topic_or_channel_permits_nothing(doors: Doors, parts: Parts) -> None:
    token, contact = doors.as_service(), uuid.uuid4()
    await doors.consents(token).GiveConsent(await give_request(parts.database, contact))
    for changes in ({"topic": "offers"}, {"channel": 4}):
        answer = await doors.permits(token).Authorize(authorize({contact: "g@example.org"}, **changes))
        assert answer.decisions[0].reason == "no-consent"


async def test_a_preview_keeps_nothing_and_permits_nothing(doors: Doors, parts: Parts) -> None:
    token, contact = doors.as_service(), uuid.uuid4()
    await doors.consents(token).GiveConsent(await give_request(parts.database, contact))
    answer = await doors.permits(token).Preview(authorize({contact: "g@example.org"}))
    assert answer.decisions[0].permitted
    assert answer.decisions[0].id == ""
    async with parts.database.reading() as session:
        kept = (await session.execute(text("SELECT count(*) FROM permit_decision"))).scalar_one()
    assert kept == 0


async def test_unknown_decision_is_not_found(doors: Doors) -> None:
    with pytest.raises(NotFound):
        await doors.permits(doors.as_service()).GetDecision(
            privacy_pb2.GetDecisionRequest(decision_id=str(uuid.uuid4()))
        )


async def test_withdrawal_that_committed_before_the_permit_was_asked_stops_the_message(
    doors: Doors, parts: Parts
) -> None:
    """Many contacts withdraw while batches over all of them are decided: whoever had an answer is out."""
    token = doors.as_service()
    contacts = [uuid.uuid4() for _ in range(24)]
    for contact in contacts:
        await doors.consents(token).GiveConsent(await give_request(parts.database, contact))
    answered: set[uuid.UUID] = set()

    async def withdraw() -> None:
        for contact in contacts:
            await doors.consents(token).WithdrawConsent(withdraw_request(contact))
            answered.add(contact)

    async def send() -> None:
        while len(answered) < len(contacts):
            before = frozenset(answered)
            answer = await doors.permits(token).Authorize(
                authorize({c: f"{c}@example.org" for c in contacts})
            )
            permitted = {uuid.UUID(d.contact_id) for d in answer.decisions if d.permitted}
            assert not permitted & before

    await asyncio.gather(withdraw(), send(), send())


async def test_withdrawals_at_once_stop_every_batch_that_is_asked_after_them_and_each_denial_is_kept(
    doors: Doors, parts: Parts
) -> None:
    """Everybody withdraws at the same time, four senders ask for large batches; what was answered is what is kept."""
    token = doors.as_service()
    leaving = [uuid.uuid4() for _ in range(40)]
    staying = [uuid.uuid4() for _ in range(400)]
    async with parts.database.transaction() as session:
        # Below the tree, so that the leaves of the withdrawals come after them.
        rows = [
            {"id": uuid.uuid4(), "leaf": -number, "contact": contact, "state": 2}
            for number, contact in enumerate(leaving + staying, 1)
        ]
        await session.execute(_RECORD, rows)
    answered: set[uuid.UUID] = set()
    decided: dict[str, tuple[str, bool, str]] = {}

    async def withdraw(contact: uuid.UUID) -> None:
        await doors.consents(token).WithdrawConsent(withdraw_request(contact))
        answered.add(contact)

    async def send() -> None:
        done = False
        while not done:
            before = frozenset(answered)
            # The last batch is asked when all have their answer.
            done = len(before) == len(leaving)
            answer = await doors.permits(token).Authorize(
                authorize({c: f"{c}@example.org" for c in staying + leaving})
            )
            denied = {uuid.UUID(d.contact_id) for d in answer.decisions if not d.permitted}
            assert before <= denied <= set(leaving)
            assert {d.reason for d in answer.decisions if not d.permitted} <= {"withdrawn"}
            decided.update({d.id: (d.contact_id, d.permitted, d.reason) for d in answer.decisions})

    await asyncio.gather(*(send() for _ in range(4)), *(withdraw(contact) for contact in leaving))
    async with parts.database.reading() as reading:
        rows_kept = await reading.execute(
            text("SELECT id, contact_id, permitted, reason FROM permit_decision")
        )
        kept = {str(row.id): (str(row.contact_id), row.permitted, row.reason) for row in rows_kept}
    assert kept == decided


async def test_a_withdrawal_in_flight_decides_one_way_and_the_next_batch_the_other(parts: Parts) -> None:
    """A permit decided before the withdrawal commits stands; one asked after it does not."""
    contact = uuid.uuid4()
    async with parts.database.transaction() as session:
        await session.execute(_RECORD, {"id": uuid.uuid4(), "leaf": 0, "contact": contact, "state": 2})
    async with parts.database.begin() as open_one:
        await open_one.execute(_RECORD, {"id": uuid.uuid4(), "leaf": 1, "contact": contact, "state": 4})
        (early,) = await parts.permits.authorize(
            [Candidate(contact, "a@example.org")], About(1, "newsletter"), batch_id=None
        )
    (late,) = await parts.permits.authorize(
        [Candidate(contact, "a@example.org")], About(1, "newsletter"), batch_id=None
    )
    assert (early.reason, late.reason) == ("consent", "withdrawn")


@pytest.mark.slow
async def test_a_full_batch_is_decided_set_by_set(parts: Parts) -> None:
    """5,000 candidates at once; row by row would take several seconds."""
    contacts = [uuid.uuid4() for _ in range(5000)]
    async with parts.database.transaction() as session:
        rows = [
            {"id": uuid.uuid4(), "leaf": number, "contact": c, "state": 2 if number % 4 else 4}
            for number, c in enumerate(contacts)
        ]
        await session.execute(_RECORD, rows)
    async with parts.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as c:
        await c.execute(text("ANALYZE consent_record"))
    candidates = [Candidate(c, f"person{number}@example.org") for number, c in enumerate(contacts)]
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        decisions = await parts.permits.authorize(candidates, About(1, "newsletter"), batch_id=None)
        spent.append(time.perf_counter() - began)
    print(f"{5000 / min(spent):.0f} decisions/s")
    assert sum(d.permitted for d in decisions) == 3750


_RECORD = text(
    "INSERT INTO consent_record (id, leaf_index, leaf_hash, contact_id, topic, channel, state, recorded_at, "
    "form_url, language, mail_sha256, token_sha256, method) "
    "VALUES (:id, :leaf, '', :contact, 'newsletter', 1, :state, now(), '', 'de', '', '', 'test')"
)
