"""Ways to ask whether a process is ready."""

import asyncio
import os
from collections.abc import Awaitable, Callable

# The supervisor never forks with gRPC calls in flight; the handlers would only warn.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc
from grpc_health.v1 import health_pb2

from devstack.ports import LOOPBACK

Check = Callable[[], Awaitable[bool]]
_ANSWER_SECONDS = 2


def blocking(check: Callable[[], bool]) -> Check:
    """An ordinary function, asked in a thread."""
    return lambda: asyncio.to_thread(check)


def http(port: int, path: str) -> Check:
    """200 to a GET."""

    async def check() -> bool:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return b" 200 " in await _first_line(port, path)
        except (OSError, TimeoutError):
            return False

    return check


def serving(address: str) -> Check:
    """SERVING from the gRPC health service, for the whole process."""

    async def check() -> bool:
        async with grpc.aio.insecure_channel(address) as channel:
            ask = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            try:
                answer = await ask(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS)
            except grpc.aio.AioRpcError:
                return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return check


async def _first_line(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode())
        return await reader.readline()
    finally:
        writer.close()
