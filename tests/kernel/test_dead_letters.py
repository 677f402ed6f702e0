"""The command that shows dead letters and drives them again."""

import os
import subprocess
import sys

from kernel.bus import DEAD_STREAM
from tests.kernel.bus import SUBJECT, Line
from tests.kernel.sample import until

LETTER = {
    "ce-id": "0198a000-0000-7000-8000-000000000001",
    "ce-time": "2026-03-02T09:00:00+00:00",
    "kontor-dead-reason": "ValueError",
    "kontor-dead-consumer": "contacts-tickets",
    "kontor-origin-subject": SUBJECT,
}


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kernel.dead_letters", *arguments],
        env=os.environ | {"KONTOR_NATS_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_letters_are_listed_driven_again_and_dropped(line: Line, nats_url: str) -> None:
    for number in range(3):
        await line.bus.publish("dead.contacts-tickets", b"x", LETTER | {"Nats-Msg-Id": str(number)})

    listed = command(nats_url, "list")
    assert listed.returncode == 0, listed.stderr
    assert "ValueError" in listed.stdout
    assert listed.stdout.endswith("3 dead letter(s)\n")

    assert command(nats_url, "redrive", "1").stdout.endswith("1 dead letter(s): redrive\n")
    assert await line.messages("TICKETS") == 1
    assert command(nats_url, "drop", "all").stdout.endswith("2 dead letter(s): drop\n")

    async def none_left() -> bool:
        return await line.messages(DEAD_STREAM) == 0

    await until(none_left)
    assert await line.messages("TICKETS") == 1


def test_without_a_choice_nothing_is_driven() -> None:
    done = command("nats://127.0.0.1:1", "redrive")
    assert done.returncode == 2
    assert "say which" in done.stderr
