"""What is written about somebody beside their erasure: whichever comes first, nothing of the erased stays."""

import asyncio
import base64
import uuid

from kontor.privacy.v1 import holder_pb2
from sqlalchemy import text

from kernel.signing import Signer
from services.campaigns.holder import make_holder
from services.campaigns.tables import metadata
from tests.campaigns.conftest import House
from tests.campaigns.test_forms import wish
from tests.campaigns.test_invitations import invited

_SIGNER = Signer(base64.b64encode(b"a test's seed".ljust(32)).decode())
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND wait_event = :kind AND datname = current_database()"
)


async def waits(house: House, kind: str) -> None:
    """Until somebody waits for this kind of lock."""
    async with asyncio.timeout(10), house.database.reading() as session:
        while not (await session.execute(_WAITING, {"kind": kind})).scalar_one():  # noqa: ASYNC110 - no notice
            await asyncio.sleep(0.01)


async def erase(house: House, contact_id: str, email: str) -> None:
    holder = make_holder(house.database, metadata, _SIGNER)
    planned = await holder.Plan(
        holder_pb2.PlanRequest(
            request_id=str(uuid.uuid4()),
            subject_id=contact_id,
            identifiers=holder_pb2.Identifiers(emails=[email]),
            kind=holder_pb2.REQUEST_KIND_ERASURE,
        ),
        None,
    )
    await holder.Execute(
        holder_pb2.ExecuteRequest(plan_id=planned.plan_id, plan_hash=planned.plan_hash), None
    )


async def left(house: House, contact_id: str, email: str) -> list[str]:
    """Where the erased can still be found."""
    answer = await make_holder(house.database, metadata, _SIGNER).Probe(
        holder_pb2.ProbeRequest(subject_id=contact_id, identifiers=holder_pb2.Identifiers(emails=[email])),
        None,
    )
    return [f"{finding.dataset}.{finding.column}" for finding in answer.findings if not finding.law]


async def test_an_invitation_told_after_the_erasure_plans_no_mail(house: House) -> None:
    anna = house.world.add(1)
    await erase(house, anna, "person1@demo.example")
    await invited(house, anna)
    assert await left(house, anna, "person1@demo.example") == []
    assert await house.rows("SELECT 1 FROM invitation_mail") == []


async def test_a_frozen_page_that_was_asked_for_before_an_erasure_leaves_the_erased_out(house: House) -> None:
    anna, ben = house.world.add(1), house.world.add(2)
    # Contacts still knows her: as if it had answered a moment before the erasure.
    await erase(house, anna, "person1@demo.example")
    await house.started()
    assert [str(row.contact_id) for row in await house.rows("SELECT contact_id FROM message")] == [ben]


async def test_a_page_frozen_before_an_erasure_loses_the_erased_with_it(house: House) -> None:
    anna = house.world.add(1)
    campaign = await house.campaign()
    async with asyncio.TaskGroup() as tasks, house.database.transaction() as session:
        await house.use_cases.messages.plan(session, campaign.id, [uuid.UUID(anna)])
        erasing = tasks.create_task(erase(house, anna, "person1@demo.example"))
        await waits(house, "advisory")
        assert not erasing.done()
    assert await left(house, anna, "person1@demo.example") == []


async def test_a_sign_up_that_asked_before_an_erasure_is_not_kept(house: House) -> None:
    await erase(house, str(uuid.uuid4()), "neu@demo.example")
    # The list is asked before the transaction: here it has answered a moment before the entry was made.
    await house.use_cases.forms.submit_sign_up(wish())
    house.world.suppressed.add("neu@demo.example")
    await house.sending.confirmations.run()
    assert not house.sink.recipients
    assert await house.rows("SELECT 1 FROM sign_up") == []


async def test_an_unconfirmed_sign_up_goes_whatever_its_domain_was_written_like(house: House) -> None:
    await house.use_cases.forms.submit_sign_up(wish(email="Neu@Bücher.example"))
    await erase(house, str(uuid.uuid4()), "neu@xn--bcher-kva.example")
    assert await house.rows("SELECT 1 FROM sign_up") == []
