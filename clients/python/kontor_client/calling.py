"""How a call is made: token and deadline go along; what may safely come again does; failures are typed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import grpc

from kontor_client.credentials import ClientCredentials
from kontor_client.failure import Failure

ATTEMPTS = 4
_FIRST_PAUSE_S = 0.2


class _Details(NamedTuple):
    method: Any
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class Calling(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Wraps every call of a connection."""

    def __init__(
        self,
        credentials: ClientCredentials,
        *,
        timeout: float,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credentials = credentials
        self._timeout = timeout
        self._patience = patience
        self._sleep = sleep

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        deadline = time.monotonic() + (details.timeout or self._timeout)
        for attempt in range(ATTEMPTS):
            call = continuation(self._prepared(details, deadline), request)
            error = call.exception()
            if error is None:
                return call
            failure = Failure.of(error)
            pause = self._pause(failure, request, attempt)
            if pause is None or attempt == ATTEMPTS - 1 or time.monotonic() + pause >= deadline:
                raise failure from error
            self._sleep(pause)
        raise AssertionError("unreachable")

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        deadline = time.monotonic() + (details.timeout or self._timeout)
        return _typed(continuation(self._prepared(details, deadline), request))

    def _pause(self, failure: Failure, request: Any, attempt: int) -> float | None:
        """Seconds until it is safe and sensible to ask again; None if it is not (AIP-194)."""
        if failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED and failure.retry_after is not None:
            # Refused before anything was done, so any request may come again: when we were told to.
            return failure.retry_after if failure.retry_after <= self._patience else None
        if failure.code is grpc.StatusCode.UNAVAILABLE and bool(getattr(request, "request_id", "")):
            return _FIRST_PAUSE_S * float(2**attempt) * (0.5 + random.random())  # noqa: S311 - jitter, no secret
        return None

    def _prepared(self, details: Any, deadline: float) -> _Details:
        bearer = ("authorization", f"Bearer {self._credentials.token()}")
        return _Details(
            details.method,
            max(0.0, deadline - time.monotonic()),
            [*(details.metadata or ()), bearer],
            details.credentials,
            getattr(details, "wait_for_ready", None),
            getattr(details, "compression", None),
        )


def _typed(stream: Any) -> Iterator[Any]:
    try:
        yield from stream
    except grpc.RpcError as error:
        raise Failure.of(error) from error
