"""A pepper is exchanged between an erasure and a restore: whoever was erased is still kept out, and nobody else is."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.privacy.ledger.model import LedgerEntry, canonical, entry_of
from services.privacy.requests.model import Kind, State
from services.privacy.suppression.guard import KeyGuard
from services.privacy.suppression.model import Address, Hasher
from services.privacy.suppression.normalise import EMAIL, PHONE
from services.privacy.suppression.service import SuppressionService
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, customer
from tests.privacy.parts import Parts, pepper
from tests.privacy.test_replay import TakeBackup, erased, ledger, replay, states, take_backup

__all__ = ["take_backup"]

ANNA = Address(EMAIL, "anna@example.org")


def run_with(parts: Parts, *keys: str) -> None:
    """The next release: it knows these keys, and the last is the current one."""
    parts.hasher = Hasher({key: pepper(key) for key in keys}, current=keys[-1])
    parts.suppression = SuppressionService(parts.database, parts.hasher, parts.clock)


async def listed(parts: Parts, *addresses: Address) -> Sequence[bool]:
    return await parts.suppression.check_suppressions(addresses)


async def test_who_was_erased_under_a_former_key_is_kept_out_after_the_list_was_restored(
    machine: Machine, take_backup: TakeBackup
) -> None:
    run_with(machine.parts, "old")
    anna = await add_person(machine.contacts, email="anna@example.org", phone="030 901820")
    restore = take_backup("privacy")
    await erased(machine, anna)
    run_with(machine.parts, "old", "new")
    # Only this database comes back: contacts knows nobody any more whose address could be asked for.
    restore()
    assert await listed(machine.parts, ANNA) == [False]
    for _ in range(2):
        await replay(machine).redo(await ledger(machine).copies())
        await machine.jobs().work()
    # The phone of a household is not suppressed where there is an address, and is not after a replay either.
    asked = [
        Address(EMAIL, "Anna@Example.org"),
        Address(EMAIL, "bert@example.org"),
        Address(PHONE, "030 901820"),
    ]
    assert await listed(machine.parts, *asked) == [True, False, False]
    counts = await machine.parts.suppression.get_suppression_counts()
    assert [(one.key_id, one.count) for one in counts.by_key] == [("new", 1), ("old", 0)]
    assert counts.by_reason == {"erasure": 1}


async def test_both_databases_restored_and_the_key_exchanged_leave_one_entry(
    machine: Machine, take_backup: TakeBackup
) -> None:
    run_with(machine.parts, "old")
    anna = await add_person(machine.contacts, email="anna@example.org")
    restore = take_backup()
    await erased(machine, anna)
    restore()
    run_with(machine.parts, "old", "new")
    await replay(machine).redo(await ledger(machine).copies())
    await machine.jobs().work()
    assert await listed(machine.parts, ANNA) == [True]
    counts = await machine.parts.suppression.get_suppression_counts()
    assert [(one.key_id, one.count) for one in counts.by_key] == [("new", 1), ("old", 0)]


async def test_an_erasure_goes_on_when_the_key_is_exchanged_between_plan_and_word(machine: Machine) -> None:
    run_with(machine.parts, "old")
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = (await machine.create(anna, Kind.ERASURE)).request.id
    await machine.jobs().work()
    run_with(machine.parts, "old", "new")
    await machine.service.confirm_request(request_id, caller=customer(anna))
    await machine.jobs().work()
    assert await states(machine) == {request_id: State.COMPLETED}
    assert await listed(machine.parts, ANNA) == [True]
    ((entry, _),) = (await ledger(machine).copies()).erasures()
    assert (entry.key_id, entry.suppressions) == ("new", (machine.parts.hasher.kept_out(ANNA),))


async def test_a_promise_under_a_pepper_that_is_gone_stops_neither_the_replay_nor_the_next_start(
    machine: Machine, take_backup: TakeBackup, caplog: pytest.LogCaptureFixture
) -> None:
    class Else:
        ready = True

        async def run(self) -> None:
            """Nothing else is to be done."""

    run_with(machine.parts, "old")
    anna = await add_person(machine.contacts, email="anna@example.org")
    restore = take_backup("privacy")
    request_id = await erased(machine, anna)
    run_with(machine.parts, "new")
    restore()
    await replay(machine).redo(await ledger(machine).copies())
    await machine.jobs().work()
    assert await states(machine) == {request_id: State.COMPLETED}
    assert "key of a promise is missing" in caplog.text
    await KeyGuard(machine.parts.suppression, then=Else()).run()


def test_a_promise_reads_as_it_was_signed_with_and_without_what_it_keeps_out(machine: Machine) -> None:
    plain = LedgerEntry(
        id=uuid.uuid4(),
        request_id=uuid.uuid4(),
        contact_id=uuid.uuid4(),
        round=1,
        plan_hash=b"p" * 32,
        key_id="old",
        identifier_hashes=(b"h" * 32,),
        recorded_at=machine.parts.clock.now(),
    )
    assert "suppressions" not in plain.content()
    named = (machine.parts.hasher.kept_out(ANNA),)
    for entry in (plain, replace(plain, suppressions=named)):
        assert entry_of(json.loads(canonical(entry.content()))) == entry
    with pytest.raises(ValueError, match="more, or less"):
        entry_of({**plain.content(), "suppressions": []})
