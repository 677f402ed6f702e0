"""A pepper of the suppression list is exchanged: nothing is forgotten, nothing stands twice, nothing is lost unseen."""

import asyncio

import pytest
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from services.privacy.suppression import store
from services.privacy.suppression.guard import KeyGuard
from services.privacy.suppression.model import Address, Hasher, KeyLost, Wanted
from services.privacy.suppression.service import SuppressionService
from tests.privacy.conftest import Doors
from tests.privacy.parts import Parts, pepper

ANNA = Address(1, "anna@example.org")
PEPPERS = {name: pepper(name) for name in ("k1", "k2", "k3")}


def under(parts: Parts, *keys: str) -> SuppressionService:
    """The list as a release runs it that knows these keys; the last is the current one."""
    hasher = Hasher({key: PEPPERS[key] for key in keys}, current=keys[-1])
    return SuppressionService(parts.database, hasher, parts.clock)


async def keys_of(parts: Parts) -> list[str]:
    async with parts.database.transaction() as session, store.opened(session):
        found = await session.execute(
            text("SELECT key_id FROM suppression.suppression_entry ORDER BY key_id")
        )
        return list(found.scalars())


async def test_adding_what_stands_under_a_former_key_keeps_one_entry(parts: Parts) -> None:
    first = await under(parts, "k1").add_suppression(ANNA, reason="erasure")
    again = await under(parts, "k1", "k2").add_suppression(ANNA, reason="bounce")
    assert again.listed_before
    assert (again.id, again.reason) == (first.id, "erasure")
    assert await keys_of(parts) == ["k2"]
    assert await under(parts, "k2").check_suppressions([ANNA]) == [True]


async def test_a_check_brings_entries_to_the_current_key(parts: Parts) -> None:
    await under(parts, "k1").add_suppression(ANNA, reason="bounce")
    await under(parts, "k1").add_suppression(Address(1, "other@example.org"), reason="bounce")
    asked = [Address(1, "nobody@example.org"), Address(1, "Anna@Example.org"), ANNA]
    for _ in range(2):
        assert await under(parts, "k1", "k2").check_suppressions(asked) == [False, True, True]
        assert await keys_of(parts) == ["k1", "k2"]


async def test_entries_that_stand_twice_become_the_oldest(parts: Parts) -> None:
    oldest = await under(parts, "k1").add_suppression(ANNA, reason="objection")
    parts.clock.advance(seconds=1)
    # What a release before this one did: it did not look under the former key.
    await under(parts, "k2").add_suppression(ANNA, reason="staff")
    await under(parts, "k3").add_suppression(ANNA, reason="import")
    assert await under(parts, "k1", "k2", "k3").check_suppressions([ANNA]) == [True]
    assert await keys_of(parts) == ["k3"]
    (left,), total = await under(parts, "k3").list_suppressions(after=None, limit=9)
    assert (left.id, left.reason, total) == (oldest.id, "objection", 1)


async def test_checks_and_additions_at_once_leave_one_entry_each(parts: Parts) -> None:
    addresses = [Address(1, f"{number}@example.org") for number in range(20)]
    for address in addresses:
        await under(parts, "k1").add_suppression(address, reason="bounce")
    newer = under(parts, "k1", "k2")
    await asyncio.gather(
        newer.check_suppressions(addresses),
        newer.check_suppressions(addresses[::-1]),
        *(newer.add_suppression(address, reason="staff") for address in addresses[:5]),
    )
    assert await keys_of(parts) == ["k2"] * 20


async def test_the_counts_say_which_key_may_be_dropped(parts: Parts) -> None:
    older, newer = under(parts, "k1"), under(parts, "k1", "k2")
    await older.add_suppression(ANNA, reason="bounce")
    counts = await newer.get_suppression_counts()
    assert [(one.key_id, one.count, one.current) for one in counts.by_key] == [
        ("k2", 0, True),
        ("k1", 1, False),
    ]
    await newer.check_suppressions([ANNA])
    counts = await newer.get_suppression_counts()
    assert [(one.key_id, one.count) for one in counts.by_key] == [("k2", 1), ("k1", 0)]
    assert counts.by_reason == {"bounce": 1}


async def test_nothing_starts_while_entries_stand_under_a_key_that_is_gone(parts: Parts) -> None:
    class Else:
        ready = True

        async def run(self) -> None:
            """Nothing else is to be done."""

    await under(parts, "k1").add_suppression(ANNA, reason="bounce")
    guard = KeyGuard(under(parts, "k2"), then=Else())
    with pytest.raises(KeyLost, match="1 entries"):
        await guard.run()
    assert not guard.ready
    guard = KeyGuard(under(parts, "k1", "k2"), then=Else())
    assert not guard.ready
    await guard.run()
    assert guard.ready


async def test_the_list_is_filtered_by_reason_and_channel(doors: Doors, parts: Parts) -> None:
    await parts.suppression.add_suppression(ANNA, reason="bounce")
    await parts.suppression.add_suppression(Address(2, "030 123456"), reason="staff")
    await parts.suppression.add_suppression(Address(2, "030 654321"), reason="bounce")
    for wanted, expected in [
        (Wanted(), 3),
        (Wanted(reason="bounce"), 2),
        (Wanted(channel=2), 2),
        (Wanted(reason="bounce", channel=2), 1),
        (Wanted(reason="objection"), 0),
    ]:
        asked = privacy_pb2.ListSuppressionsRequest(reason=wanted.reason or "", channel=wanted.channel or 0)  # type: ignore[arg-type]
        answer = await doors.suppressions(doors.realm.token("dpo")).ListSuppressions(asked)
        assert (answer.total_size, len(answer.entries)) == (expected, expected)
    counted = await doors.suppressions(doors.realm.token("dpo")).GetSuppressionCounts(
        privacy_pb2.GetSuppressionCountsRequest()
    )
    assert {one.reason: one.count for one in counted.by_reason} == {"bounce": 2, "staff": 1}
