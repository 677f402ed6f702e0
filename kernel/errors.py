"""Typed errors: raised in use cases, carried as google.rpc.Status, rebuilt by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "kontor"


class DomainError(Exception):
    """Something the caller can understand and act on. Never holds a text from inside.

    `reason` is a stable key (UPPER_SNAKE, AIP-193); `message` is an English sentence without
    personal values; `metadata` holds ids and numbers only; `retry_after` is in seconds.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        violations: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or _reason_of(type(self).__name__)
        self.metadata = dict(metadata or {})
        self.violations = dict(violations or {})
        self.retry_after = retry_after


class NotFound(DomainError):
    """No such record, or none that this caller may know of."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(DomainError):
    """A record with the same identity is there."""

    code = grpc.StatusCode.ALREADY_EXISTS


class InvalidArgument(DomainError):
    """The request itself is wrong, whatever the state; `violations` maps field paths to reasons."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class FailedPrecondition(DomainError):
    """The request is fine but not in the present state."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(DomainError):
    """Somebody else was faster; read again and retry."""

    code = grpc.StatusCode.ABORTED


class StaleEtag(Aborted):
    """The record has changed since the caller read it."""

    def __init__(self) -> None:
        super().__init__("The record has changed since you read it; read it again.")


class PermissionDenied(DomainError):
    """The caller is known and may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED


class Unauthenticated(DomainError):
    """The caller is not known."""

    code = grpc.StatusCode.UNAUTHENTICATED


class ResourceExhausted(DomainError):
    """Too much at once: size, rate or quota."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class Unavailable(DomainError):
    """Something this service needs does not answer; trying again later may help."""

    code = grpc.StatusCode.UNAVAILABLE


class DeadlineExceeded(DomainError):
    """The caller's time is up."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Internal(DomainError):
    """A fault of ours; `metadata["reference"]` finds it in the logs."""

    code = grpc.StatusCode.INTERNAL


_BY_CODE: dict[grpc.StatusCode, type[DomainError]] = {
    kind.code: kind
    for kind in (
        NotFound,
        AlreadyExists,
        InvalidArgument,
        FailedPrecondition,
        Aborted,
        PermissionDenied,
        Unauthenticated,
        ResourceExhausted,
        Unavailable,
        DeadlineExceeded,
        Internal,
    )
}

STATUS_METADATA = "grpc-status-details-bin"


def to_status(error: DomainError) -> status_pb2.Status:
    """The wire form: ErrorInfo always, BadRequest when fields are at fault, RetryInfo with a time (AIP-193)."""
    details = [
        _packed(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    ]
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for field, description in error.violations.items():
            bad.field_violations.add(field=field, description=description)
        details.append(_packed(bad))
    if error.retry_after is not None:
        again = error_details_pb2.RetryInfo()
        again.retry_delay.FromNanoseconds(round(error.retry_after * 1e9))
        details.append(_packed(again))
    number: int = error.code.value[0]
    return status_pb2.Status(code=number, message=error.message, details=details)


def from_rpc_error(error: grpc.RpcError) -> DomainError:
    """The typed error that the callee raised, or the nearest one for a transport failure."""
    code = error.code() if callable(getattr(error, "code", None)) else grpc.StatusCode.UNKNOWN
    kind = _BY_CODE.get(code, Internal)
    status = _status_of(error)
    if status is None:
        rebuilt = kind.__new__(kind)
        DomainError.__init__(rebuilt, f"The call failed: {code.name}.", reason=code.name)
        return rebuilt
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    again = error_details_pb2.RetryInfo()
    for detail in status.details:
        for kind_of_detail in (info, bad, again):
            detail.Unpack(kind_of_detail)
    rebuilt = kind.__new__(kind)
    DomainError.__init__(
        rebuilt,
        status.message,
        reason=info.reason or code.name,
        metadata=dict(info.metadata),
        violations={v.field: v.description for v in bad.field_violations},
        retry_after=again.retry_delay.ToNanoseconds() / 1e9 if again.HasField("retry_delay") else None,
    )
    return rebuilt


def _status_of(error: grpc.RpcError) -> status_pb2.Status | None:
    trailing = getattr(error, "trailing_metadata", None)
    for key, value in (trailing() if callable(trailing) else None) or ():
        if key == STATUS_METADATA:
            return status_pb2.Status.FromString(value)
    return None


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _reason_of(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()
