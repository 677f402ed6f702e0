"""The unit of work and its sessions: one use case, one transaction, all or nothing."""

import uuid

import pytest
from sqlalchemy import insert

from kernel.db import Database, WriteSession
from kernel.errors import Internal
from kernel.ids import new_id
from kernel.work import Work, current_work, working
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation, metadata


async def write(session: WriteSession) -> None:
    await session.execute(
        insert(metadata.tables["note"]).values(id=new_id(), contact_id=uuid.uuid4(), body="x")
    )


async def nothing(_: WriteSession) -> None:
    """No claim."""


async def test_a_second_transaction_in_one_call_is_refused(sample: Sample) -> None:
    async def another(_: WriteSession) -> None:
        async with sample.database.transaction() as second:
            await write(second)

    sample.rpc.deeds.append(another)
    with pytest.raises(Internal):
        await sample.client("agent").CreateTicket(creation())
    assert await count(sample.database, "note") == 0


async def test_the_transaction_ends_with_the_work_not_with_the_block(database: Database) -> None:
    work = Work(nothing)
    with working(work):
        async with database.transaction() as session:
            await write(session)
        assert await count(database, "note") == 0
    await work.commit()
    assert await count(database, "note") == 1


async def test_a_failure_after_the_block_undoes_it(database: Database) -> None:
    work = Work(nothing)
    with working(work):
        async with database.transaction() as session:
            await write(session)
    await work.roll_back(ValueError("too late"))
    assert await count(database, "note") == 0


async def test_a_failing_claim_lets_nothing_happen(database: Database) -> None:
    async def refuse(_: WriteSession) -> None:
        raise ValueError("claimed by somebody else")

    work = Work(refuse)
    with working(work), pytest.raises(ValueError, match="somebody else") as refused:
        async with database.transaction() as session:
            await write(session)
    await work.roll_back(refused.value)
    assert await count(database, "note") == 0


async def test_a_batch_shares_its_transaction(database: Database) -> None:
    work = Work(nothing, many=True)
    with working(work):
        for _ in range(3):
            async with database.transaction() as session:
                await write(session)
    await work.commit()
    assert await count(database, "note") == 3


async def test_work_that_nobody_used_costs_nothing(database: Database) -> None:
    work = Work(nothing)
    with working(work):
        assert current_work() is work
    assert current_work() is None
    await work.commit()
    assert work.session is None


async def test_only_the_transaction_commits(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(TypeError, match="only transaction"):
            await session.commit()
    async with database.reading() as reader:
        with pytest.raises(TypeError, match="read session"):
            reader.add(object())
