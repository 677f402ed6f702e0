"""The nine stages in house order.

Trace, errors, identity, allowance, access, restriction, idempotency, validation, audit.
"""

from __future__ import annotations

from kernel.audit import AuditLog
from kernel.clock import SystemClock
from kernel.db import Database
from kernel.identity import TokenVerifier
from kernel.quota import DailyQuota
from kernel.rpc.allot import allowance_stage
from kernel.rpc.auditing import audit_stage
from kernel.rpc.authenticate import authenticate_stage
from kernel.rpc.authorize import OwnContact, authorize_stage
from kernel.rpc.call import Stage
from kernel.rpc.failure import failure_stage
from kernel.rpc.idempotency import idempotency_stage
from kernel.rpc.restricting import restriction_stage
from kernel.rpc.trace import trace_stage
from kernel.rpc.validate import validate_stage


def house_stages(
    *, verifier: TokenVerifier, own_contact: OwnContact, database: Database, audit: AuditLog
) -> tuple[Stage, ...]:
    """What stands between the wire and every handler, outermost first."""
    return (
        trace_stage,
        failure_stage,
        authenticate_stage(verifier),
        allowance_stage(DailyQuota(database, SystemClock())),
        authorize_stage(own_contact),
        restriction_stage(database, own_contact),
        idempotency_stage(database, audit),
        validate_stage,
        audit_stage(audit),
    )
