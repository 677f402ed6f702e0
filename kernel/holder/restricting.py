"""Restrict: what the privacy service orders about a subject, carried out here and answered with a signed receipt."""

from __future__ import annotations

import uuid

from kontor.privacy.v1 import holder_pb2

from kernel.clock import from_timestamp, to_timestamp
from kernel.db import WriteSession
from kernel.holder.subject import Holder
from kernel.restriction import Order, obey
from kernel.signing import signed_content


async def restrict(
    session: WriteSession, holder: Holder, request: holder_pb2.RestrictRequest
) -> holder_pb2.RestrictReceipt:
    """Obeys the order unless a newer one has come before it. Errors: Aborted."""
    now = holder.clock.now()
    order = Order(
        subject_id=uuid.UUID(request.subject_id),
        number=request.number,
        grounds=tuple(sorted(set(request.grounds))),
        since=from_timestamp(request.since) or now,
    )
    number, grounds = await obey(session, order, now=now)
    receipt = holder_pb2.RestrictReceipt(
        holder=holder.name,
        subject_id=request.subject_id,
        number=number,
        grounds=grounds,  # type: ignore[arg-type]
        execute_time=to_timestamp(now),
    )
    receipt.signature = holder.signer.sign(signed_content(receipt))
    return receipt
