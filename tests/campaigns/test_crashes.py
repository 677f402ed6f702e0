"""The sender loses nobody and doubles nobody, whenever it is killed (docs/decisions/0003)."""

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kernel.errors import InvalidArgument, Unavailable
from services.campaigns.campaigns import jobs
from services.campaigns.sender import jobs as sender_jobs
from services.campaigns.sender import store
from tests.campaigns.conftest import House
from tests.fixtures.postgres import PostgresUrl

AUDIENCE = 60
# Short enough to wait for, long enough for a busy machine.
HAND_OVER_S = 1.5
PAST_THE_CLAIM_S = HAND_OVER_S + 0.3
ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """Stands for a crash at one place; nothing of ours handles it. SIGKILL itself has a test below."""


@pytest.fixture(autouse=True)
def impatient(house: House) -> None:
    """Claims end soon."""
    house.fresh(hand_over_s=HAND_OVER_S)


async def finish(house: House) -> None:
    """Later incarnations run until every message has come to its end."""
    for _ in range(40):
        house.fresh()
        # On a busy machine a claim may end before its batch is through; the next run goes on.
        with suppress(Unavailable):
            await house.sending.sender.run()
        if not set(await house.states()) & {"planned", "sending"}:
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"the campaign does not end: {await house.states()}")


def assert_once_each(house: House) -> None:
    expected = {f"person{number}@demo.example": 1 for number in range(AUDIENCE)}
    assert house.sink.recipients == expected
    assert set(house.sink.message_ids.values()) == {1}


async def assert_consistent(house: House) -> None:
    """Everybody is sent, with one fact, and the campaign has ended once."""
    assert_once_each(house)
    assert await house.states() == {"sent": AUDIENCE}
    assert await house.facts("campaigns.message.sent") == AUDIENCE
    assert await house.facts("campaigns.campaign.finished") == 1


def die_at(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, *, call: int, after: bool) -> None:
    """The n-th call of a function does not come back, before or after its effect."""
    original = getattr(target, name)
    calls = 0

    async def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        # Calls may overlap: each remembers which one it is.
        number = calls
        if number == call and not after:
            raise Killed
        answer = await original(*args, **kwargs)
        if number == call:
            raise Killed
        return answer

    monkeypatch.setattr(target, name, dying)


POINTS = ["people", "authorize", "claim", "keep_permits", "hand_over", "settle", "note_sent"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_step_nobody_is_lost_or_doubled(
    house: House, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    monkeypatch.setattr(sender_jobs, "BATCH", 20)
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    target: Any = {
        "people": house.neighbours.contacts,
        "authorize": house.neighbours.privacy,
        "hand_over": house.sending.relay,
        "note_sent": house.sending.sender._handover,
    }.get(point, store)
    name = "_on_sent" if point == "note_sent" else point
    with monkeypatch.context() as patched:
        die_at(patched, target, name, call=2, after=after)
        with pytest.raises(Killed):
            await house.sending.sender.run()
    await finish(house)
    await assert_consistent(house)


async def test_lost_acknowledgements_are_looked_up_and_not_sent_again(house: House) -> None:
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    house.sink.silent = 7
    await house.sending.sender.run()
    assert (await house.states())["sending"] >= 4
    await finish(house)
    await assert_consistent(house)


async def test_without_evidence_a_lost_acknowledgement_stays_uncertain_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.campaigns.sender.handover._DOUBT_S", 0.3)
    for number in range(AUDIENCE):
        house.world.add(number)
    campaign = await house.started()
    house.sink.silent = 3
    house.fresh(relay_evidence_url="")
    await house.sending.sender.run()
    await finish(house)
    assert_once_each(house)
    assert await house.states() == {"sent": AUDIENCE - 3, "uncertain": 3}
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert progress.campaign.state == "finished"


async def test_while_the_evidence_is_silent_doubtful_messages_wait(house: House) -> None:
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    house.sink.silent = 1
    evidence = house.settings.relay_evidence_url
    await house.sending.sender.run()
    await asyncio.sleep(PAST_THE_CLAIM_S)
    house.fresh(relay_evidence_url="http://127.0.0.1:1/api/accepted")
    with pytest.raises(Unavailable):
        await house.sending.sender.run()
    assert (await house.states())["sending"] == 1
    house.fresh(relay_evidence_url=evidence)
    await finish(house)
    await assert_consistent(house)


async def test_an_orderly_stop_leaves_nobody_in_doubt(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_jobs, "BATCH", 10)
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    running = asyncio.create_task(house.sending.sender.run())
    await house.sink.first_mail.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "sending" not in await house.states()
    house.fresh(relay_evidence_url="")
    await asyncio.sleep(1.1)
    await finish(house)
    await assert_consistent(house)


async def test_a_sender_that_lost_its_lease_goes_on_when_it_has_one_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process, whose job was stopped in the middle, gets the next turn as well."""
    monkeypatch.setattr(sender_jobs, "BATCH", 10)
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    running = asyncio.create_task(house.sending.sender.run())
    await house.sink.first_mail.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await house.states())["planned"]
    # What the relay had not touched waits for a second.
    await asyncio.sleep(1.1)
    await house.sending.sender.run()
    await assert_consistent(house)


async def test_two_senders_at_once_do_not_double_anybody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_jobs, "BATCH", 10)
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    first = house.sending.sender
    second = house.fresh().sending.sender
    await asyncio.gather(first.run(), second.run())
    await finish(house)
    await assert_consistent(house)


async def test_a_sender_that_was_frozen_hands_nothing_over_after_its_claim(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(AUDIENCE):
        house.world.add(number)
    await house.started()
    frozen = house.sending
    original = frozen.relay.hand_over

    async def late(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(PAST_THE_CLAIM_S)
        await finish(house)
        return await original(*args, **kwargs)

    monkeypatch.setattr(frozen.relay, "hand_over", late)
    with pytest.raises(Unavailable):
        await frozen.sender.run()
    await assert_consistent(house)


async def test_a_killed_freeze_goes_on_and_freezes_nobody_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PAGE", 25)
    for number in range(AUDIENCE):
        house.world.add(number)
    campaign = await house.campaign()
    await house.use_cases.campaigns.start_campaign(campaign.id)
    for call, after in ((2, False), (1, True), (2, True)):
        with monkeypatch.context() as patched:
            die_at(patched, store, "plan", call=call, after=after)
            with pytest.raises(Killed):
                await house.freeze.run()
    await house.freeze.run()
    assert await house.states() == {"planned": AUDIENCE}
    (row,) = await house.rows("SELECT frozen_at FROM campaign")
    assert row.frozen_at is not None


async def test_a_freeze_whose_place_is_no_longer_valid_starts_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PAGE", 25)
    for number in range(AUDIENCE):
        house.world.add(number)
    campaign = await house.campaign()
    await house.use_cases.campaigns.start_campaign(campaign.id)
    original = house.neighbours.contacts.select_ids
    refused = 0

    async def forgetful(*args: Any, **kwargs: Any) -> Any:
        nonlocal refused
        if kwargs.get("cursor") and not refused:
            refused += 1
            raise InvalidArgument("no longer", reason="PAGE_TOKEN_INVALID")
        return await original(*args, **kwargs)

    monkeypatch.setattr(house.neighbours.contacts, "select_ids", forgetful)
    await house.freeze.run()
    assert refused == 1
    assert await house.states() == {"planned": AUDIENCE}


@pytest.mark.slow
async def test_sigkill_at_random_moments_loses_and_doubles_nobody(
    house: House, postgres_url: PostgresUrl
) -> None:
    audience = 600
    for number in range(audience):
        house.world.add(number)
    await house.started()
    chance = random.Random(20)
    told = {
        "hand_over_s": HAND_OVER_S,
        "database_url": house.database.url,
        "target": house.settings.contacts_target,
        "smtp_port": house.sink.smtp_port,
        "evidence_url": house.sink.evidence_url,
    }
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.campaigns.killable", json.dumps(told),
            cwd=ROOT, env={**os.environ}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await process.stdout.readline() == b"sending\n"
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await finish(house)
    assert house.sink.recipients == {f"person{number}@demo.example": 1 for number in range(audience)}
    assert await house.states() == {"sent": audience}
    assert await house.facts("campaigns.message.sent") == audience
