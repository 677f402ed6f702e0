"""Who has to hear of what was done: everybody to whom the data was disclosed (Art. 19 GDPR)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from kontor.privacy.v1 import holder_pb2

from kernel.db import WriteSession
from services.privacy.requests.corrections import store
from services.privacy.requests.receipts import Planned
from services.privacy.requests.recipients import Recipients


async def to_be_told(
    session: WriteSession, request_id: uuid.UUID, recipients: Recipients, *, services: Collection[str] | None
) -> int:
    """Notes who gets data of these services, or of any; answers how many nobody has told yet."""
    known = await recipients(session)
    names = [each.name for each in known if services is None or each.gets(services)]
    await store.add_recipients(session, request_id, names)
    return await store.unsettled(session, request_id)


def erased_by(plans: Iterable[Planned]) -> frozenset[str]:
    """The holders that had something to erase: only what they held can have gone anywhere."""
    kept = holder_pb2.ACTION_KEEP_RESTRICTED
    return frozenset(
        planned.holder
        for planned in plans
        if planned.receipt is not None
        and any(item.rows and item.action != kept for item in planned.receipt.done)
    )
