"""Calling other services: deadline, token, request id and trace go along; typed errors come back."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, NamedTuple

import grpc
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

from kernel import telemetry
from kernel.errors import DeadlineExceeded, from_rpc_error
from kernel.rpc.call import ORIGIN, current_call
from kernel.tls import LOOPBACK_ONLY, Trust
from kernel.tokens import ServiceTokens

_tracer = trace.get_tracer("kontor.channel")

DEFAULT_TIMEOUT_S = 10.0
# The callee must give up before the caller does, or its answer reaches nobody.
MARGIN_S = 0.05
ATTEMPTS = 3
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
OPTIONS = (
    ("grpc.max_receive_message_length", 4 * MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", 4 * MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    # A restarted service must be found again quickly.
    ("grpc.initial_reconnect_backoff_ms", 100),
    # What its name hides: how long a connection may take, with its TLS handshake, on a machine that is busy.
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),
)


class _Details(NamedTuple):
    method: Any
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None


def _timeout(asked: float | None, deadline: float | None) -> float:
    """Seconds for this call: what was asked, but never beyond the caller's own deadline."""
    allowed = asked if asked is not None else DEFAULT_TIMEOUT_S
    if deadline is not None:
        allowed = min(allowed, deadline - monotonic() - MARGIN_S)
    if allowed <= 0:
        raise DeadlineExceeded("There is no time left for this call.")
    return allowed


def _may_retry(request: Any, error: grpc.RpcError) -> bool:
    """Only UNAVAILABLE, and only with a request_id: everything else might happen twice."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and bool(getattr(request, "request_id", ""))


def _pause(attempt: int) -> float:
    return float(0.2 * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter, no secret


def _metadata(given: Any, token: str, *, origin: str = "") -> list[tuple[str, str]]:
    metadata: list[tuple[str, str]] = [*(given or ())]
    if origin:
        metadata.append((ORIGIN, origin))
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    metadata += carrier.items()
    if token:
        metadata.append(("authorization", f"Bearer {token}"))
    return metadata


class _Bearer:
    """Whose token a call to one callee carries."""

    def __init__(self, tokens: ServiceTokens, callee: str) -> None:
        self._tokens = tokens
        self._callee = callee

    async def metadata(self, given: Any) -> grpc.aio.Metadata:
        """What goes along, the token included; a call that brings one keeps it."""
        brought = any(key == "authorization" for key, _ in given or ())
        return grpc.aio.Metadata(*_metadata(given, "" if brought else await self._token()))

    async def _token(self) -> str:
        call = current_call()
        # Inside a user's call the user goes along, proven by the realm; a job or a consumer is nobody's call.
        if call is None or call.principal is None or call.principal.is_service:
            return await self._tokens.own(self._callee)
        return await self._tokens.on_behalf(call.principal, self._callee)


class _ClientInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    """Prepares one call between services, retries it where that is safe, translates its failure."""

    def __init__(self, bearer: _Bearer) -> None:
        self._bearer = bearer

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        call = current_call()
        deadline = call.deadline if call is not None else None
        method = _text(details.method)
        with telemetry.span(_tracer, method.strip("/"), kind=SpanKind.CLIENT):
            for attempt in range(ATTEMPTS):
                # Before the time that is left is measured: a token may have to be asked for.
                metadata = await self._bearer.metadata(details.metadata)
                prepared = _Details(
                    details.method,
                    _timeout(details.timeout, deadline),
                    metadata,
                    details.credentials,
                    details.wait_for_ready,
                )
                try:
                    outgoing = await continuation(prepared, request)
                    return await outgoing
                except grpc.RpcError as error:
                    if attempt == ATTEMPTS - 1 or not _may_retry(request, error):
                        raise from_rpc_error(error) from error
                    await asyncio.sleep(_pause(attempt))
        raise AssertionError("unreachable")


class _StreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):
    """The same for answers that are streams; a stream is never retried."""

    def __init__(self, bearer: _Bearer) -> None:
        self._bearer = bearer

    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        call = current_call()
        metadata = await self._bearer.metadata(details.metadata)
        prepared = _Details(
            details.method,
            _timeout(details.timeout, call.deadline if call is not None else None),
            metadata,
            details.credentials,
            details.wait_for_ready,
        )
        return await continuation(prepared, request)


def service_channel(
    target: str, tokens: ServiceTokens, trust: Trust = LOOPBACK_ONLY, *, callee: str
) -> grpc.aio.Channel:
    """A channel to another service, which the realm calls `callee`; calls carry a token for it alone.

    Errors: InTheClear.
    """
    bearer = _Bearer(tokens, callee)
    interceptors = [_ClientInterceptor(bearer), _StreamInterceptor(bearer)]
    credentials = trust.credentials(target)
    if credentials is None:
        return grpc.aio.insecure_channel(target, options=OPTIONS, interceptors=interceptors)
    return grpc.aio.secure_channel(target, credentials, options=OPTIONS, interceptors=interceptors)


async def typed_stream(stream: Any) -> AsyncIterator[Any]:
    """The items of a server stream; its failure is a typed error."""
    try:
        async for item in stream:
            yield item
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error


def _text(method: Any) -> str:
    return method.decode() if isinstance(method, bytes) else str(method)


# --- sync, for the web processes ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a web request gives to the calls it makes: whose token, until when (monotonic seconds), from where."""

    token: str
    deadline: float | None = None
    # The network address of the browser, for the audit.
    origin: str = ""


_context: ContextVar[CallContext | None] = ContextVar("call_context", default=None)


@contextmanager
def call_context(context: CallContext) -> Iterator[None]:
    """Makes `context` the one for calls in this block."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def current_context() -> CallContext | None:
    """In whose name a call from here would go; None outside a web request."""
    return _context.get()


def seconds_left(asked: float) -> float:
    """How long a call from here may take: what was asked, but never beyond the page's own time.

    For calls that do not go in the page's context, and for streams. Errors: DeadlineExceeded.
    """
    context = _context.get()
    return _timeout(asked, context.deadline if context is not None else None)


class _SyncInterceptor(grpc.UnaryUnaryClientInterceptor):
    """The web side of `_ClientInterceptor`; the token is the user's, or the page's own for visitors."""

    def __init__(self, own_token: Callable[[], str]) -> None:
        self._own_token = own_token

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        context = current_context()
        deadline = context.deadline if context is not None else None
        with telemetry.span(_tracer, _text(details.method).strip("/"), kind=SpanKind.CLIENT):
            for attempt in range(ATTEMPTS):
                token = context.token if context is not None and context.token else self._own_token()
                prepared = _Details(
                    details.method,
                    _timeout(details.timeout, deadline),
                    _metadata(details.metadata, token, origin=context.origin if context is not None else ""),
                    details.credentials,
                    details.wait_for_ready,
                )
                outgoing = continuation(prepared, request)
                error = outgoing.exception()
                if error is None:
                    return outgoing
                if attempt == ATTEMPTS - 1 or not _may_retry(request, error):
                    raise from_rpc_error(error) from error
                sleep(_pause(attempt))
        raise AssertionError("unreachable")


class SyncChannel:
    """A channel for a web process, opened on first use: gRPC must not start before a fork.

    `own_token` answers the process's own access token; it is used for visitors without a login.
    """

    def __init__(self, target: str, *, own_token: Callable[[], str], trust: Trust = LOOPBACK_ONLY) -> None:
        self._target = target
        self._own_token = own_token
        self._trust = trust
        self._channel: grpc.Channel | None = None
        self._opening = threading.Lock()

    def get(self) -> grpc.Channel:
        """The open channel. Errors: InTheClear."""
        with self._opening:
            if self._channel is None:
                self._channel = grpc.intercept_channel(self._open(), _SyncInterceptor(self._own_token))
            return self._channel

    def _open(self) -> grpc.Channel:
        credentials = self._trust.credentials(self._target)
        if credentials is None:
            return grpc.insecure_channel(self._target, options=OPTIONS)
        return grpc.secure_channel(self._target, credentials, options=OPTIONS)
