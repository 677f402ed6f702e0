"""Every task ends, also one that missed that it was told to."""

import asyncio

from kernel.tasks import end


async def test_an_answer_that_comes_with_the_cancellation_does_not_keep_a_task_alive() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def connect_and_stay() -> None:
        await asyncio.wait_for(answer, 5)
        await asyncio.Event().wait()

    task = asyncio.create_task(connect_and_stay())
    await asyncio.sleep(0)
    answer.set_result("connected")
    async with asyncio.timeout(2):
        await end([task], again_s=0.05)
    assert task.done()


async def test_last_words_are_not_interrupted() -> None:
    said = []

    async def send() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            said.append("recorded")

    task = asyncio.create_task(send())
    await asyncio.sleep(0)
    await end([task], again_s=5)
    assert said == ["recorded"]


async def test_a_task_that_fails_meanwhile_does_not_keep_the_others_from_ending() -> None:
    async def fail() -> None:
        raise RuntimeError("gone")

    tasks = [asyncio.create_task(fail()), asyncio.create_task(asyncio.sleep(60))]
    await asyncio.sleep(0)
    await end(tasks, again_s=1)
    assert all(task.done() for task in tasks)


async def test_nothing_to_end_ends_at_once() -> None:
    await end([])
