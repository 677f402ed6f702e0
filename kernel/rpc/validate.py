"""Stage validation: the rules on the fields, compiled once per message type."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from kernel.errors import InvalidArgument
from kernel.rpc.call import Call, Proceed
from kernel.validation import violations_of


async def validate_stage(call: Call, request: Any, proceed: Proceed) -> Any:
    """Refuses a request whose fields break their rules, naming every field at fault."""
    require_valid(request)
    return await proceed(call, request)


def require_valid(request: Message) -> None:
    """Errors: InvalidArgument with one violation per field."""
    violations = violations_of(request)
    if violations:
        fields = ", ".join(sorted(violations)[:5])
        raise InvalidArgument(
            f"Some fields are not valid: {fields}.", reason="FIELDS_INVALID", violations=violations
        )
