"""Stage audit: after a read, notes whose data was read. A mutation's entry is part of its commit."""

from __future__ import annotations

from typing import Any

from kernel.audit import AuditLog
from kernel.rpc.call import Call, Proceed, Stage
from kernel.work import current_work


def audit_stage(audit: AuditLog) -> Stage:
    """Queues the entry of a read that succeeded, and of a stream however it ended."""

    async def stage(call: Call, request: Any, proceed: Proceed) -> Any:
        try:
            answer = await proceed(call, request)
        except BaseException:
            if call.method.streaming:
                # Whoever leaves in the middle has seen what came before.
                await audit.note_read(call)
            raise
        work = current_work()
        if work is None or work.session is None:
            await audit.note_read(call)
        return answer

    return stage
