"""Coalesced reads: one statement for many callers, nobody waits for nothing, failures reach everyone."""

from __future__ import annotations

import asyncio

import pytest

from kernel.coalesce import Coalescer


class Loader:
    """Remembers the sets it was asked for and answers when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    async def load(self, keys: list[int]) -> dict[int, str]:
        self.asked.append(keys)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return {key: f"value {key}" for key in keys if key > 0}


async def test_what_arrives_while_a_read_is_under_way_shares_the_next() -> None:
    loader = Loader()
    reads = Coalescer(loader.load)
    first = asyncio.create_task(reads.get(1))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(reads.get(n)) for n in (2, 3, 3)]
    await asyncio.sleep(0.01)
    loader.gate.set()
    assert await first == "value 1"
    assert await asyncio.gather(*later) == ["value 2", "value 3", "value 3"]
    assert loader.asked == [[1], [2, 3]]


async def test_a_key_without_a_value_answers_none() -> None:
    loader = Loader()
    loader.gate.set()
    assert await Coalescer(loader.load).get(-1) is None


async def test_a_set_is_cut_at_its_limit() -> None:
    loader = Loader()
    loader.gate.set()
    reads = Coalescer(loader.load, most=2)
    await asyncio.gather(*(reads.get(n) for n in range(1, 6)))
    assert loader.asked == [[1, 2], [3, 4], [5]]


async def test_a_failure_reaches_every_caller_and_the_next_read_starts_afresh() -> None:
    loader = Loader()
    loader.failure = ConnectionError("gone")
    loader.gate.set()
    reads = Coalescer(loader.load)
    answers = await asyncio.gather(reads.get(1), reads.get(2), return_exceptions=True)
    assert [type(a) for a in answers] == [ConnectionError, ConnectionError]
    loader.failure = None
    assert await reads.get(1) == "value 1"


async def test_a_caller_that_gives_up_does_not_take_the_others_with_it() -> None:
    loader = Loader()
    reads = Coalescer(loader.load)
    impatient, patient = asyncio.create_task(reads.get(1)), asyncio.create_task(reads.get(1))
    await asyncio.sleep(0.01)
    impatient.cancel()
    loader.gate.set()
    assert await patient == "value 1"
    with pytest.raises(asyncio.CancelledError):
        await impatient
