"""What a call failed with, as the service said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"


@dataclass(eq=False)
class Failure(Exception):
    """A refused or failed call (AIP-193).

    `reason` is stable and worth comparing, e.g. "CONTACT_NOT_FOUND"; `violations` maps the fields at fault
    to what is wrong with them; `retry_after` is in seconds, if the service said when to come again.
    """

    code: grpc.StatusCode
    reason: str
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Made by keywords, so an exception's own way of being copied to another process knows none of them.
        return _rebuilt, ({one.name: getattr(self, one.name) for one in fields(self)},)

    def __str__(self) -> str:
        return f"{self.code.name} ({self.reason}): {self.message}"

    @classmethod
    def of(cls, error: Any) -> Failure:
        """From gRPC's own error; what fails below the service has the code's name as its reason."""
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        again = error_details_pb2.RetryInfo()
        status = status_pb2.Status(message=error.details() or "")
        for key, value in error.trailing_metadata() or ():
            if key == _DETAILS:
                status = status_pb2.Status.FromString(value)
        for detail in status.details:
            for known in (info, bad, again):
                detail.Unpack(known)
        return cls(
            code=error.code(),
            reason=info.reason or error.code().name,
            message=status.message,
            metadata=dict(info.metadata),
            violations={v.field: v.description for v in bad.field_violations},
            retry_after=again.retry_delay.ToNanoseconds() / 1e9 if again.HasField("retry_delay") else None,
        )


def _rebuilt(values: Mapping[str, Any]) -> Failure:
    return Failure(**values)
