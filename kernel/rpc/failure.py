"""Stage errors: what a handler raises becomes a status; the unexpected becomes INTERNAL with a reference."""

from __future__ import annotations

import secrets
from typing import Any

import grpc

from kernel import errors, telemetry
from kernel.rpc.call import Call, Proceed

log = telemetry.get_logger(__name__)


async def failure_stage(call: Call, request: Any, proceed: Proceed) -> Any:
    """Ends the call with a typed status instead of an exception."""
    try:
        return await proceed(call, request)
    except errors.DomainError as error:
        await _abort(call, error)
    except grpc.aio.AbortError:
        raise
    except grpc.RpcError as error:
        # A callee failed and nobody here understood its answer: pass the typed error on.
        await _abort(call, errors.from_rpc_error(error))
    except Exception as error:
        await _abort(call, _unexpected(call, error))


def _unexpected(call: Call, error: Exception) -> errors.DomainError:
    reference = secrets.token_hex(6)
    # The text of an exception may hold personal values (a driver quotes the row); its place does not.
    log.error(
        "unexpected error", method=call.method.full_name, reference=reference, **telemetry.place_of(error)
    )
    return errors.Internal(
        "Something went wrong here. The reference finds it in the logs.", metadata={"reference": reference}
    )


async def _abort(call: Call, error: errors.DomainError) -> None:
    status = errors.to_status(error)
    telemetry.mark_error(error.reason)
    await call.context.abort(
        error.code,
        error.message,
        trailing_metadata=((errors.STATUS_METADATA, status.SerializeToString()),),
    )
