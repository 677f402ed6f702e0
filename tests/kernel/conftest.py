"""The sample service, served with all stages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from kontor.tickets.v1 import tickets_pb2_grpc

from kernel.bus import Bus
from kernel.db import Database
from tests.fixtures.realm import Realm
from tests.fixtures.serving import OpenDatabase, OwnContacts, Serve, Served
from tests.kernel.bus import Line
from tests.kernel.sample import SampleRpc, create_tables, metadata
from tests.kernel.silent import SilentWay


@dataclass
class Sample:
    """The running sample service."""

    served: Served
    rpc: SampleRpc
    own: OwnContacts
    realm: Realm

    @property
    def database(self) -> Database:
        return self.rpc.database

    async def stop(self) -> None:
        """The service is gone."""
        await self.served.server.stop(None)

    def client(self, *roles: str) -> tickets_pb2_grpc.TicketsAsyncStub:
        return self.with_token(self.realm.token(*roles))

    def with_token(self, token: str) -> tickets_pb2_grpc.TicketsAsyncStub:
        return tickets_pb2_grpc.TicketsStub(self.served.channel(token))


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    """The scratch database with the kernel's tables and the notes."""
    opened = open_database("scratch", metadata)
    await create_tables(opened)
    return opened


@pytest.fixture
async def sample(database: Database, serve: Serve, realm: Realm) -> Sample:
    rpc = SampleRpc(database)  # type: ignore[abstract]
    own = rpc.own
    served = await serve(
        (tickets_pb2_grpc.add_TicketsServicer_to_server, rpc), database=database, own_contact=own
    )
    return Sample(served, rpc, own, realm)


@pytest.fixture
async def line(database: Database, nats_url: str) -> AsyncIterator[Line]:
    """A connected line with its streams; what the test started is stopped."""
    made = Line(database, Bus(nats_url, name="test"))
    await made.connect()
    yield made
    await made.stop(*made.tasks)
    await made.bus.close()


@pytest.fixture
async def silent(database: Database) -> AsyncIterator[SilentWay]:
    """A way to the scratch database that may fall silent; `silent.url` leads over it."""
    way = SilentWay(database.url)
    await way.start()
    yield way
    way.stop()
