"""After a restore nobody comes back: the ledger's copies outside have the erasures done again."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select, text

from kernel.bus import Bus
from services.privacy.ledger.model import LedgerEntry, sign_statement
from services.privacy.ledger.service import LedgerService, Outside
from services.privacy.requests.model import Kind, State
from services.privacy.requests.replaying import Replay
from services.privacy.requests.restored import RestoreGuard
from services.privacy.requests.sealing import Seal
from services.privacy.requests.working import Desk
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL
from tests.privacy.backups import Admin, Backup
from tests.privacy.holders import Person, add_person
from tests.privacy.machine import DEADLINE, Killed, Machine, MortalDatabase, Reaper, customer, signer

TakeBackup = Callable[..., Callable[[], None]]


@pytest.fixture
def take_backup(machine: Machine, postgres_admin: Admin) -> TakeBackup:
    """`restore = take_backup()`; both databases at one moment, or only those named."""

    def take(*services: str) -> Callable[[], None]:
        backups = [Backup.of(service, postgres_admin) for service in services or ("privacy", "scratch")]

        def restore() -> None:
            for backup in backups:
                backup.restore(postgres_admin)

        return restore

    return take


def ledger(machine: Machine, folder: Path | None = None) -> LedgerService:
    return LedgerService(
        machine.parts.database, machine.bus, machine.signer, machine.parts.clock, outside=Outside(folder)
    )


def replay(machine: Machine, reaper: Reaper | None = None) -> Replay:
    database = machine.parts.database if reaper is None else MortalDatabase(machine.parts.database, reaper)
    holders = list(machine.clients.values())
    desk = Desk(database, machine.parts.clock, holders=holders, seal=Seal(["s" * 32]))  # type: ignore[arg-type]
    return Replay(desk, ledger(machine), DEADLINE, suppression=machine.parts.suppression)


async def erased(machine: Machine, contact_id: uuid.UUID) -> uuid.UUID:
    request_id = await machine.confirmed(contact_id)
    await machine.jobs().work()
    assert (await states(machine))[request_id] is State.COMPLETED
    return request_id


async def states(machine: Machine) -> dict[uuid.UUID, State]:
    async with machine.parts.database.reading() as session:
        rows = await session.execute(text("SELECT id, state FROM subject_request"))
        return {row.id: State(row.state) for row in rows}


async def people(machine: Machine) -> set[uuid.UUID]:
    async with machine.contacts.reading() as session:
        return set((await session.execute(select(Person.id))).scalars())


async def promises(machine: Machine) -> int:
    return len((await ledger(machine).copies()).erasures())


async def test_an_erasure_that_the_restore_undid_is_done_again(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    other = await add_person(machine.contacts)
    restore = take_backup()
    request_id = await erased(machine, anna)
    restore()
    assert await people(machine) == {anna, other}
    assert await machine.parts.suppression.check_suppressions([Address(EMAIL, "anna@example.org")]) == [False]

    work = replay(machine)
    begun = await work.redo(await ledger(machine).copies())
    assert (begun.erasures, await work.running()) == (1, 1)
    await machine.jobs().work()

    assert await work.running() == 0
    assert await people(machine) == {other}
    assert await states(machine) == {request_id: State.COMPLETED}
    assert await machine.parts.suppression.check_suppressions([Address(EMAIL, "anna@example.org")]) == [True]
    copies = await ledger(machine).copies()
    assert copies.rolled_back() == []
    assert copies.problems == []


async def test_a_request_that_the_restore_rolled_back_to_planned_is_completed(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts)
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    restore = take_backup()
    await machine.service.confirm_request(request_id, caller=customer(anna))
    await machine.jobs().work()
    restore()
    assert await states(machine) == {request_id: State.PLANNED}
    await replay(machine).redo(await ledger(machine).copies())
    await machine.jobs().work()
    assert await states(machine) == {request_id: State.COMPLETED}
    view = await machine.see(request_id, anna)
    assert [t.reason for t in view.transitions][-2:] == ["replayed", "erased"]
    assert await people(machine) == set()


async def test_a_second_replay_does_nothing(machine: Machine, take_backup: TakeBackup) -> None:
    anna = await add_person(machine.contacts)
    restore = take_backup()
    await erased(machine, anna)
    restore()
    for _ in range(2):
        await replay(machine).redo(await ledger(machine).copies())
        await machine.jobs().work()
    executions, promised = machine.told["tickets"].executions, await promises(machine)
    assert (await replay(machine).redo(await ledger(machine).copies())).erasures == 0
    await machine.jobs().work()
    assert (machine.told["tickets"].executions, await promises(machine)) == (executions, promised)


@pytest.mark.parametrize("at", range(1, 9))
async def test_a_replay_that_is_killed_goes_on_where_it_was(
    machine: Machine, take_backup: TakeBackup, at: int
) -> None:
    gone = [await add_person(machine.contacts) for _ in range(3)]
    stays = await add_person(machine.contacts)
    restore = take_backup()
    for each in gone:
        await erased(machine, each)
    restore()
    reaper = Reaper(at=at)
    with suppress(Killed):
        await replay(machine, reaper).redo(await ledger(machine).copies())
        await machine.jobs(reaper).work()
    await replay(machine).redo(await ledger(machine).copies())
    await machine.jobs().work()
    assert await people(machine) == {stays}
    assert set((await states(machine)).values()) == {State.COMPLETED}
    assert len(await states(machine)) == 3


async def test_a_second_restore_of_the_same_backup_is_replayed_as_well(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts)
    restore = take_backup()
    request_id = await erased(machine, anna)
    for _ in range(2):
        restore()
        await replay(machine).redo(await ledger(machine).copies())
        await machine.jobs().work()
        assert await people(machine) == set()
    assert await states(machine) == {request_id: State.COMPLETED}


async def test_exports_alone_are_enough_when_the_broker_lost_its_disk(
    machine: Machine, take_backup: TakeBackup, tmp_path: Path
) -> None:
    anna = await add_person(machine.contacts)
    restore = take_backup()
    await erased(machine, anna)
    await ledger(machine, tmp_path).export()
    restore()
    await machine.bus.jetstream.delete_stream("LEDGER")
    await replay(machine).redo(await ledger(machine, tmp_path).copies())
    await machine.jobs().work()
    assert await people(machine) == set()


async def test_a_forged_promise_erases_nobody(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    forged = LedgerEntry(
        id=uuid.uuid4(),
        request_id=uuid.uuid4(),
        contact_id=anna,
        round=1,
        plan_hash=b"p" * 32,
        key_id="k2",
        identifier_hashes=(),
        recorded_at=machine.parts.clock.now(),
    )
    statement = sign_statement(forged.content(), signer("a stranger")).encode()
    await ledger(machine).publish("erasure", str(forged.id), statement.decode())
    copies = await ledger(machine).copies()
    assert (await replay(machine).redo(copies)).erasures == 0
    await machine.jobs().work()
    assert await people(machine) == {anna}
    assert copies.problems == ["stream: 1: signature"]


async def test_a_holder_that_was_restored_alone_is_found_by_asking_everybody(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts)
    bob = await add_person(machine.contacts)
    restore = take_backup("scratch")
    await erased(machine, anna)
    await erased(machine, bob)
    before = await promises(machine)
    restore()
    assert (await replay(machine).redo(await ledger(machine).copies())).erasures == 0
    begun = await replay(machine).redo_everywhere(await ledger(machine).copies())
    assert begun.contacts == {anna, bob}
    await machine.jobs().work()
    assert await people(machine) == set()
    assert set((await states(machine)).values()) == {State.COMPLETED}
    again = await replay(machine).redo_everywhere(await ledger(machine).copies())
    assert (again.erasures, await promises(machine)) == (0, before + 2)


async def test_the_open_request_of_somebody_erased_before_carries_the_erasure(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts)
    first = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    restore = take_backup()
    await machine.service.withdraw_request(first, caller=customer(anna))
    second = await erased(machine, anna)
    restore()
    assert await states(machine) == {first: State.PLANNED}
    await replay(machine).redo(await ledger(machine).copies())
    await machine.jobs().work()
    assert second not in await states(machine)
    assert await states(machine) == {first: State.COMPLETED}
    assert await people(machine) == set()


async def test_a_restored_process_is_not_ready_before_everybody_is_gone_again(
    machine: Machine, take_backup: TakeBackup
) -> None:
    anna = await add_person(machine.contacts)
    restore = take_backup()
    await erased(machine, anna)
    restore()
    machine.told["tickets"].down = True
    woken: list[bool] = []
    guard = RestoreGuard(replay(machine), ledger(machine), wake=lambda: woken.append(True))
    assert await guard.look() is True
    await machine.jobs().work()
    assert await guard.settled() is False
    assert woken == [True]
    machine.told["tickets"].down = False
    await machine.jobs().work()
    assert await guard.settled() is True
    assert await people(machine) == set()


async def test_an_ordinary_start_is_ready_at_once(machine: Machine) -> None:
    anna = await add_person(machine.contacts)
    await erased(machine, anna)
    await machine.confirmed(await add_person(machine.contacts))
    guard = RestoreGuard(replay(machine), ledger(machine), wake=lambda: None)
    assert await guard.look() is True
    assert await guard.settled() is True


async def test_without_a_broker_the_exports_decide_and_it_looks_again(
    machine: Machine, take_backup: TakeBackup, tmp_path: Path
) -> None:
    anna = await add_person(machine.contacts)
    restore = take_backup()
    await erased(machine, anna)
    await ledger(machine, tmp_path).export()
    restore()
    away = LedgerService(
        machine.parts.database,
        Bus("nats://127.0.0.1:1", name="away"),
        machine.signer,
        machine.parts.clock,
        outside=Outside(tmp_path),
    )
    guard = RestoreGuard(replay(machine), away, wake=lambda: None)
    assert await guard.look() is False
    assert await guard.settled() is False
    await machine.jobs().work()
    assert await guard.settled() is True
    assert await people(machine) == set()
