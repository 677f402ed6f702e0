"""The other side of `bench.rpc`: a bare grpc.aio server that does the same SELECT with the bare driver.

    python -m bench.bare DSN LISTEN

No token, no rules, no trace, no audit, no SQLAlchemy: what Python and gRPC cost at the least.
"""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import asyncpg
import grpc
import uvloop
from kontor.contacts.v1 import contacts_pb2
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from kernel.clock import to_timestamp
from services.contacts.people.store import VIEWS
from services.contacts.people.tables import Contact

METHOD = "/kontor.contacts.v1.Contacts/GetContact"
_TEXTS = (
    "given_name", "family_name", "email", "phone", "street", "postal_code", "city", "country", "language",
    "note", "source", "responsible_id", "responsible_name", "team",
)  # fmt: skip


def same_select() -> tuple[str, list[Any]]:
    """The service's own statement as the driver wants it, and its constants; the id comes after them."""
    statement = VIEWS.where(Contact.id == bindparam("id"))
    compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
    names: list[str] = list(compiled.positiontup or ())
    assert names[-1:] == ["id"], "the id is the last argument"
    return str(compiled), [compiled.params[name] for name in names[:-1]]


def answer(row: asyncpg.Record) -> contacts_pb2.Contact:
    """The row as the same message that the service answers."""
    contact = contacts_pb2.Contact(
        id=str(row["id"]),
        etag=str(row["version"]),
        salutation=row["salutation"],
        create_time=to_timestamp(row["created_at"]),
        update_time=to_timestamp(row["updated_at"]),
        **{name: row[name] for name in _TEXTS},
    )
    for organisation_id, name, role, shared in json.loads(row["relations"] or "[]"):
        contact.relations.add(
            organisation_id=organisation_id, organisation_name=name, role=role, shared=shared
        )
    return contact


async def serve(dsn: str, listen: str) -> None:
    """Serves until it is ended."""
    pool = await asyncpg.create_pool(dsn, min_size=10, max_size=10)
    select, constants = same_select()

    async def get_contact(request: contacts_pb2.GetContactRequest, context: Any) -> contacts_pb2.Contact:
        row = await pool.fetchrow(select, *constants, uuid.UUID(request.contact_id))
        return answer(row)

    handler = grpc.unary_unary_rpc_method_handler(
        get_contact,
        request_deserializer=contacts_pb2.GetContactRequest.FromString,
        response_serializer=contacts_pb2.Contact.SerializeToString,
    )
    service, _, method = METHOD.strip("/").partition("/")
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {method: handler})])
    server.add_insecure_port(listen)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2]))
