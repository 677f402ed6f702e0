"""The JetStream that tests get: empty each time, closed to strangers."""

import nats
import nats.errors
import pytest


@pytest.mark.parametrize("attempt", [1, 2])
async def test_streams_of_one_test_are_gone_in_the_next(nats_url: str, attempt: int) -> None:
    client = await nats.connect(nats_url)
    stream_manager = client.jetstream()
    assert await stream_manager.streams_info() == []
    await stream_manager.add_stream(name="PEBBLES", subjects=["pebbles.>"])
    await stream_manager.publish("pebbles.one", b"1")
    await client.close()


async def test_a_wrong_password_is_refused(nats_url: str) -> None:
    with pytest.raises(nats.errors.Error):
        await nats.connect(nats_url.replace("kontor-test", "wrong"), allow_reconnect=False, connect_timeout=2)
