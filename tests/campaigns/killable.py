"""A sender in a process of its own, for tests that end it with SIGKILL: `python -m tests.campaigns.killable JSON`."""

import asyncio
import json
import sys
from contextlib import suppress

from kernel.channel import service_channel
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.errors import Unavailable
from services.campaigns.__main__ import make_sending, make_use_cases
from services.campaigns.clients import ContactsClient, Neighbours, PrivacyClient
from services.campaigns.sender import jobs
from services.campaigns.tables import metadata
from tests.campaigns.conftest import make_settings
from tests.fixtures.serving import FixedToken


async def main() -> None:
    """Sends until it is killed."""
    told = json.loads(sys.argv[1])
    jobs.BATCH = 20
    database = Database(told.pop("database_url"), metadata=metadata)
    settings = make_settings(**told)
    channel = service_channel(told["target"], FixedToken("token of a test"), callee="any")
    neighbours = Neighbours(ContactsClient(channel), PrivacyClient(channel))
    clock = SystemClock()
    use_cases = make_use_cases(settings, database, neighbours=neighbours, clock=clock)
    sending = make_sending(settings, database, use_cases, neighbours=neighbours, clock=clock)
    await database.ping()
    print("sending", flush=True)
    while True:
        with suppress(Unavailable):
            await sending.sender.run()
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main())
