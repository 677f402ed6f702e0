"""Stage idempotency: a request_id seen before gets the first answer (AIP-155)."""

from __future__ import annotations

import uuid
from typing import Any

from google.protobuf import message_factory
from google.protobuf.message import Message
from sqlalchemy import LargeBinary, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.audit import AuditLog
from kernel.db import Database, WriteSession
from kernel.errors import InvalidArgument
from kernel.rpc.call import Call, Proceed, Stage, request_digest
from kernel.work import Work, working

_FIND = text(
    "SELECT request_hash, response FROM idempotency "
    "WHERE caller = :caller AND method = :method AND request_id = :request_id AND response IS NOT NULL"
)
_CLAIM = text(
    "INSERT INTO idempotency (caller, method, request_id, request_hash) "
    "VALUES (:caller, :method, :request_id, :request_hash) ON CONFLICT DO NOTHING "
    # Held until the commit: an order to restrict somebody waits for whoever is writing (kernel.restriction).
    "RETURNING 1, pg_advisory_xact_lock_shared(hashtext('kernel-restricted'))"
)
_REMEMBER = text(
    "UPDATE idempotency SET response = :response, subject_ids = :subject_ids "
    "WHERE caller = :caller AND method = :method AND request_id = :request_id"
).bindparams(bindparam("response", type_=LargeBinary), bindparam("subject_ids", type_=ARRAY(Uuid)))


class _AlreadyAnswered(Exception):
    """Another call with the same request_id committed first."""


def idempotency_stage(database: Database, audit: AuditLog) -> Stage:
    """Claim, effect, facts, audit entry and answer are one commit; a retry reads the answer.

    Errors: InvalidArgument (REQUEST_ID_REUSED) if the id was used for another request.
    """

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        key = _key(call, request)
        if key is None:
            return await proceed(call, request)
        answered = await _first_answer(database, call, key, request)
        if answered is not None:
            return answered
        return await _answer_once(database, audit, call, key, request, proceed)

    return stage


async def _answer_once(
    database: Database, audit: AuditLog, call: Call, key: dict[str, Any], request: Message, proceed: Proceed
) -> Any:
    digest = request_digest(request)

    async def claim(session: WriteSession) -> None:
        # A concurrent twin waits here on the primary key until the first has committed or failed.
        claimed = await session.execute(_CLAIM, {**key, "request_hash": digest})
        if claimed.first() is None:
            raise _AlreadyAnswered

    work = Work(claim)
    try:
        with working(work):
            response = await proceed(call, request)
        if work.session is not None:
            if call.guard is not None:
                await call.guard(call, work.session)
            # An answer without personal data belongs to nobody; it must not look like a leftover.
            subjects = sorted(call.subjects) if call.method.answer_is_personal else []
            await work.session.execute(
                _REMEMBER, {**key, "response": response.SerializeToString(), "subject_ids": subjects}
            )
            await audit.append(work.session, call)
        await work.commit()
    except _AlreadyAnswered as error:
        await work.roll_back(error)
        first = await _first_answer(database, call, key, request)
        if first is None:
            raise RuntimeError("a claimed request_id has no answer") from error
        return first
    except BaseException as error:
        await work.roll_back(error)
        raise
    return response


async def _first_answer(database: Database, call: Call, key: dict[str, Any], request: Message) -> Any:
    async with database.reading() as session:
        row = (await session.execute(_FIND, key)).first()
    if row is None:
        return None
    if row.request_hash != request_digest(request):
        raise InvalidArgument(
            "This request_id was used for another request.",
            reason="REQUEST_ID_REUSED",
            violations={"request_id": "used before with other content"},
        )
    kind = message_factory.GetMessageClass(call.method.descriptor.output_type)
    return kind.FromString(row.response)


def _key(call: Call, request: Any) -> dict[str, Any] | None:
    """The claim's key; None if the call changes nothing, or the id is one that validation refuses."""
    if not call.method.mutating or not request.request_id:
        return None
    try:
        request_id = uuid.UUID(request.request_id)
    except ValueError:
        return None
    caller = f"{call.principal.client}:{call.principal.subject}" if call.principal else "public"
    return {"caller": caller, "method": call.method.full_name, "request_id": request_id}
