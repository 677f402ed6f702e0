"""The audit log: who touched whose data; with the commit for changes, soon after for reads."""

import asyncio
import time
import uuid
from typing import Any

import asyncpg
import pytest
from kontor.tickets.v1 import tickets_pb2
from sqlalchemy import Row, text

from kernel.db import Database
from kernel.errors import FailedPrecondition, NotFound, Unavailable
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation, until

SUBJECT = "0198a000-0000-7000-8000-000000000001"
READ = tickets_pb2.GetTicketRequest(ticket_id=SUBJECT)


async def entries(database: Database) -> list[Row[Any]]:
    async with database.reading() as session:
        return list((await session.execute(text("SELECT * FROM audit_entry ORDER BY seq"))).all())


async def test_a_change_is_noted_in_its_own_commit(sample: Sample) -> None:
    request = creation()
    await sample.with_token(sample.realm.token("agent", sub="jana")).CreateTicket(request)
    (entry,) = await entries(sample.database)
    assert entry.mutation
    assert (entry.actor, entry.client, entry.roles) == ("jana", "kontor-portal", ["agent"])
    assert (entry.method, entry.purpose) == ("/kontor.tickets.v1.Tickets/CreateTicket", "service")
    assert entry.subject_ids == [uuid.UUID(request.contact_id)]
    async with sample.database.reading() as session:
        same = await session.scalar(text("SELECT (SELECT xmin FROM audit_entry) = (SELECT xmin FROM note)"))
    assert same


async def test_a_change_that_failed_is_not_noted(sample: Sample) -> None:
    async def refuse(_: object) -> None:
        raise FailedPrecondition("Not now.")

    sample.rpc.deeds.append(refuse)
    with pytest.raises(FailedPrecondition):
        await sample.client("agent").CreateTicket(creation())
    assert await entries(sample.database) == []


async def test_a_read_is_noted_within_200_milliseconds(sample: Sample) -> None:
    running = asyncio.create_task(sample.served.audit.run())
    await sample.client("agent").GetTicket(READ)
    asked = time.monotonic()

    async def noted() -> bool:
        return await count(sample.database, "audit_entry") == 1

    await until(noted)
    # The promise is 200 ms; the rest is this machine's.
    assert time.monotonic() - asked < 1.0
    (entry,) = await entries(sample.database)
    assert not entry.mutation
    assert entry.subject_ids == [uuid.UUID(SUBJECT)]
    running.cancel()


async def test_a_read_that_failed_is_not_noted(sample: Sample) -> None:
    async def missing() -> None:
        raise NotFound("There is no such ticket.")

    sample.rpc.before_reading.append(missing)
    with pytest.raises(NotFound):
        await sample.client("agent").GetTicket(READ)
    await sample.served.audit.close()
    assert await entries(sample.database) == []


async def test_what_is_pending_is_written_at_exit(sample: Sample) -> None:
    await asyncio.gather(*(sample.client("agent").GetTicket(READ) for _ in range(5)))
    assert await count(sample.database, "audit_entry") == 0
    await sample.served.audit.close()
    assert await count(sample.database, "audit_entry") == 5


async def test_entries_wait_for_a_database_that_is_away(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sample.client("agent").GetTicket(READ)
    with monkeypatch.context() as away:
        away.setattr(sample.database, "begin", unavailable)
        with pytest.raises(Unavailable):
            await sample.served.audit.flush()
    await sample.served.audit.flush()
    assert await count(sample.database, "audit_entry") == 1


async def test_no_failure_of_the_database_ends_the_log_or_loses_an_entry(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = asyncio.create_task(sample.served.audit.run())
    tries = 0

    def cancelled() -> Any:
        nonlocal tries
        tries += 1
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    async def tried_twice() -> bool:
        return tries >= 2

    with monkeypatch.context() as failing:
        failing.setattr(sample.database, "begin", cancelled)
        await sample.client("agent").GetTicket(READ)
        await until(tried_twice)
        # At exit it says what it cannot write, and the rest of the process still stops in order.
        await sample.served.audit.close()
        assert not running.done()

    async def written() -> bool:
        return await count(sample.database, "audit_entry") == 1

    await until(written)
    running.cancel()


def unavailable() -> Any:
    raise Unavailable("The database does not answer.")


async def test_the_entry_names_the_person_and_the_service_that_called_for_them(sample: Sample) -> None:
    exchanged = sample.realm.token("agent", sub="jana", azp="kontor-contacts")
    await sample.with_token(exchanged).CreateTicket(creation())
    # What a caller claims beside its token counts for nothing, not even from a service.
    claimed = (("kontor-on-behalf", "jana"),)
    alone = sample.realm.token("service", sub="svc", azp="kontor-campaigns")
    await sample.with_token(alone).CreateTicket(creation(), metadata=claimed)
    found = [(e.actor, e.client) for e in await entries(sample.database)]
    assert found == [("jana", "kontor-contacts"), ("svc", "kontor-campaigns")]
