"""The gRPC server: composes the nine stages around every handler, once per method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import reduce
from time import monotonic
from typing import Any

import grpc
from google.protobuf import descriptor_pool

from kernel.channel import MAX_MESSAGE_BYTES
from kernel.rpc.call import Call, Method, Proceed, Stage, enter_call
from kernel.rpc.masking import mask
from kernel.rpc.rows import require_narrowed

Handler = Callable[[Any, Any], Any]
_OURS = "/kontor."


class Stages(grpc.aio.ServerInterceptor):
    """Puts the stages, outermost first, around each of our handlers.

    One interceptor instead of eight: gRPC builds its chain anew for each call, we build ours once.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = tuple(stages)
        self._handlers: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        ready = self._handlers.get(details.method)
        if ready is not None:
            return ready
        handler = await continuation(details)
        if handler is None or not details.method.startswith(_OURS):
            # Health and reflection are the platform's; they show nothing of anybody.
            return handler
        self._handlers[details.method] = self._wrap(details.method, handler)
        return self._handlers[details.method]

    def _wrap(self, path: str, handler: Any) -> Any:
        name = path.strip("/").replace("/", ".")
        method = Method.of(descriptor_pool.Default().FindMethodByName(name))
        if method.streaming:
            behaviour = _streaming(method, self._stages, handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(
                behaviour,
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        behaviour = _unary(method, self._stages, handler.unary_unary)
        return grpc.unary_unary_rpc_method_handler(
            behaviour,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _unary(method: Method, stages: Sequence[Stage], handler: Handler) -> Handler:
    async def innermost(call: Call, request: Any) -> Any:
        answer = await handler(request, call.context)
        require_narrowed(call)
        return answer

    chain = compose(stages, innermost)

    async def behaviour(request: Any, context: Any) -> Any:
        call = _begin(method, context)
        # Outside of all stages: a remembered answer is masked by what the caller may see today.
        return mask(call, await chain(call, request))

    return behaviour


def _streaming(method: Method, stages: Sequence[Stage], handler: Handler) -> Handler:
    async def innermost(call: Call, request: Any) -> None:
        # Written here, inside all stages, so that a failure in mid-stream is translated, too.
        # Closed at once when the caller hangs up: what it reads from, it still holds.
        async with aclosing(handler(request, call.context)) as items:
            async for item in items:
                require_narrowed(call)
                shown = item if call.conceal is None else await call.conceal(call, item)
                await call.context.write(mask(call, shown))

    chain = compose(stages, innermost)

    async def behaviour(request: Any, context: Any) -> None:
        await chain(_begin(method, context), request)

    return behaviour


def compose(stages: Sequence[Stage], innermost: Proceed) -> Proceed:
    """The handler inside all stages, outermost first; built once, called for every request."""

    def around(inner: Proceed, stage: Stage) -> Proceed:
        async def proceed(call: Call, request: Any) -> Any:
            return await stage(call, request, inner)

        return proceed

    return reduce(around, reversed(stages), innermost)


def _begin(method: Method, context: Any) -> Call:
    remaining = context.time_remaining()
    call = Call(
        method=method,
        context=context,
        metadata={k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)},
        deadline=None if remaining is None else monotonic() + remaining,
    )
    enter_call(call)
    return call


def make_server(stages: Sequence[Stage]) -> grpc.aio.Server:
    """A server with the stages; messages over 8 MiB are refused before they are parsed."""
    return grpc.aio.server(
        interceptors=[Stages(stages)],
        options=(
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", 4 * MAX_MESSAGE_BYTES),
            ("grpc.max_metadata_size", 32 * 1024),
            # Two processes on one port would share its calls at random; a taken port must be an error.
            ("grpc.so_reuseport", 0),
        ),
    )
