"""A foreign list is taken over: each address is hashed, said of one by one, and never twice on the list."""

import asyncio
import uuid

from kontor.privacy.v1 import privacy_pb2

from services.privacy.suppression.model import Address, Hasher, Outcome
from services.privacy.suppression.service import SuppressionService
from tests.privacy.conftest import Doors
from tests.privacy.parts import Parts, pepper

ADDED, BEFORE, INVALID = Outcome.ADDED, Outcome.LISTED_BEFORE, Outcome.INVALID


async def test_each_address_is_said_of_in_its_place(doors: Doors, parts: Parts) -> None:
    await parts.suppression.add_suppression(Address(1, "known@example.org"), reason="erasure")
    written = ["a@example.org", "Known@Example.org", "=cmd|calc", "A@example.org", "jörg@müller.example"]
    asked = privacy_pb2.ImportSuppressionsRequest(
        request_id=str(uuid.uuid4()),
        addresses=[privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value=each) for each in written],
    )
    list_of = doors.suppressions(doors.realm.token("dpo"))
    for _ in range(2):
        answer = await list_of.ImportSuppressions(asked)
        assert [Outcome(each) for each in answer.outcomes] == [ADDED, BEFORE, INVALID, BEFORE, ADDED]
    entries, total = await parts.suppression.list_suppressions(after=None, limit=9)
    assert total == 3
    assert sorted(entry.reason for entry in entries) == ["erasure", "import", "import"]


async def test_a_list_finds_what_stands_under_a_former_key(parts: Parts) -> None:
    one, two = pepper("one"), pepper("two")
    old = SuppressionService(parts.database, Hasher({"k1": one}, current="k1"), parts.clock)
    new = SuppressionService(parts.database, Hasher({"k1": one, "k2": two}, current="k2"), parts.clock)
    await old.add_suppression(Address(2, "030 123456"), reason="objection")
    assert await new.import_suppressions([Address(2, "+49 30 123456")]) == [BEFORE]
    counts = await new.get_suppression_counts()
    assert [(key.key_id, key.count) for key in counts.by_key] == [("k2", 1), ("k1", 0)]


async def test_two_lists_at_once_add_each_address_once(parts: Parts) -> None:
    part = [Address(1, f"{number}@example.org") for number in range(1000)]
    outcomes = await asyncio.gather(
        parts.suppression.import_suppressions(part), parts.suppression.import_suppressions(part[::-1])
    )
    assert sum(outcome is ADDED for each in outcomes for outcome in each) == 1000
    assert (await parts.suppression.get_suppression_counts()).by_reason == {"import": 1000}
