"""What is away comes back, and then nothing is missing: broker, database, and facts that nobody can read."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import grpc
import nats
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from kontor.contacts.v1.contacts_pb2 import (
    Contact,
    GetContactRequest,
    UpdateContactRequest,
)
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub

from tests.e2e.broker import read_everything
from tests.e2e.calls import new_id
from tests.e2e.check import wait_for
from tests.e2e.outages import check_arrived, create, timeline, write_without_broker
from tests.e2e.world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]


def test_a_fact_that_nobody_can_parse_is_set_aside_and_listed(world: World) -> None:
    fact_id = new_id()
    asyncio.run(_publish(world.env["KONTOR_NATS_URL"], fact_id))
    wait_for(lambda: _dead(world, fact_id), "the fact lies in DEAD", seconds=20)
    listed = subprocess.run(
        [sys.executable, "-m", "kernel.dead_letters", "list"],
        env={**world.env, "PYTHONPATH": ".:gen"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert fact_id in listed.stdout
    assert "contacts.contact.created" in listed.stdout
    # What comes after it is not held up.
    after = create(world, "Nachfolger")
    wait_for(lambda: timeline(world, after.id), "the next fact is handled", seconds=20)


def test_writes_go_on_while_the_broker_is_down_and_their_facts_arrive(world: World) -> None:
    # `make outage-drill` does the same for five minutes.
    check_arrived(world, write_without_broker(world, seconds=20, every=0.5))


def test_a_database_that_goes_away_in_mid_transaction_leaves_nothing(world: World) -> None:
    contact = create(world, "Vorher")
    # Until then, the consumer that enters the fact would stand in front of the same row.
    wait_for(lambda: timeline(world, contact.id), "the contact's own fact is handled", seconds=20)
    outcome: dict[str, Any] = {}
    with world.running.connect("contacts") as connection, connection.transaction():
        # The row is held, so that the update stands in the middle of its transaction.
        connection.execute("SELECT 1 FROM contact WHERE id = %s FOR UPDATE", (contact.id,))
        writer = threading.Thread(target=_rename, args=(world, contact, outcome))
        writer.start()
        wait_for(lambda: _waiting(world), "the update waits for the row", seconds=10)
        _terminate(world)
        writer.join(15)
    assert outcome["code"] is grpc.StatusCode.UNAVAILABLE
    now = wait_for(lambda: _read(world, contact.id), "the service answers again", seconds=10)
    assert now.family_name == "Vorher"
    assert now.etag == contact.etag
    with world.running.connect("contacts") as connection:
        kept = connection.execute(
            "SELECT count(*) FROM idempotency WHERE request_id = %s", (outcome["request_id"],)
        ).fetchone()
    assert kept == (0,)
    # The very same command, sent again, is carried out.
    repeated: dict[str, Any] = {"request_id": outcome["request_id"]}
    _rename(world, contact, repeated)
    assert repeated["code"] is grpc.StatusCode.OK
    assert _read(world, contact.id).family_name == "Nachher"


def _rename(world: World, contact: Contact, outcome: dict[str, Any]) -> None:
    """Over a bare channel: ours would try again by itself."""
    outcome.setdefault("request_id", new_id())
    command = UpdateContactRequest(
        request_id=outcome["request_id"],
        contact_id=contact.id,
        contact=Contact(family_name="Nachher"),
        update_mask=FieldMask(paths=["family_name"]),
    )
    token = world.realm.person(world.login_of("agent"))()
    with grpc.insecure_channel(world.env["KONTOR_CONTACTS_TARGET"]) as channel:
        try:
            ContactsStub(channel).UpdateContact(
                command, timeout=15, metadata=(("authorization", f"Bearer {token}"),)
            )
        except grpc.RpcError as error:
            outcome["code"] = error.code()
        else:
            outcome["code"] = grpc.StatusCode.OK


def _waiting(world: World) -> bool:
    with world.running.connect("contacts") as connection:
        return bool(
            connection.execute(f"SELECT count(*) > 0 FROM pg_stat_activity WHERE {_BLOCKED}").fetchall()[0][0]
        )


def _terminate(world: World) -> None:
    with world.running.connect("contacts") as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_BLOCKED}")


_BLOCKED = "usename = 'kontor_contacts' AND state = 'active' AND wait_event IN ('transactionid', 'tuple')"


def _read(world: World, contact_id: str) -> Contact:
    return world.agent.contacts.GetContact(GetContactRequest(contact_id=contact_id))


async def _publish(url: str, fact_id: str) -> None:
    client = await nats.connect(url)
    headers = {"Nats-Msg-Id": fact_id, "ce-id": fact_id, "ce-type": "kontor.contacts.v1.ContactCreated"}
    await client.jetstream().publish("contacts.contact.created", b"\xff\xff\xffnot protobuf", headers=headers)
    await client.close()


def _dead(world: World, fact_id: str) -> bool:
    messages = read_everything(world.env["KONTOR_NATS_URL"])
    return any(message.stream == "DEAD" and message.id == fact_id for message in messages)
