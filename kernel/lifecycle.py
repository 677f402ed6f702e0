"""The life of a back end: wire, serve, drain, stop. Starts in any order and waits for what it needs."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from kontor.privacy.v1 import audit_pb2_grpc
from sqlalchemy import MetaData

from kernel import telemetry, trail
from kernel.audit import AuditLog
from kernel.bus import DEAD_STREAM, Bus
from kernel.channel import service_channel
from kernel.config import ServiceSettings
from kernel.consuming import Subscription, consumers_for
from kernel.db import Database
from kernel.housekeeping import housekeeping
from kernel.identity import TokenVerifier
from kernel.leases import Job, TimedJob
from kernel.outbox import Relay
from kernel.pages import Pages
from kernel.rpc.authorize import OwnContact
from kernel.rpc.chain import house_stages
from kernel.rpc.server import make_server
from kernel.signing import Signer
from kernel.tasks import end
from kernel.tls import InTheClear, Trust, open_port
from kernel.tokens import ServiceTokens, audience_of
from kernel.trail import AuditTrailRpc

log = telemetry.get_logger(__name__)

# Health names: "" is readiness; LIVE says only that the process turns, so that an outage of the
# database takes a pod out of service without restarting it.
LIVE = "live"
DRAIN_S = 10.0
_READINESS_S = 2.0


class Precondition(Protocol):
    """Something that has to be done before a process may say that it is ready."""

    @property
    def ready(self) -> bool: ...

    async def run(self) -> None:
        """Does it, and never returns."""


class Backend:
    """The parts that every back end has, and their order of start and stop.

    Use: make it, hand its parts to the use cases, `add` servicers, `consume`, `every`, then `run`.
    """

    def __init__(self, name: str, settings: ServiceSettings, *, metadata: MetaData) -> None:
        self.name = name
        self.settings = settings
        telemetry.set_up(service=name, level=settings.log_level, otlp_endpoint=settings.otlp_endpoint)
        self.database = Database(
            settings.database_url.get_secret_value(),
            metadata=metadata,
            pool_size=settings.database_pool,
            name=f"kontor-{name}",
        )
        self.bus = Bus(settings.nats_url, name=f"kontor-{name}", replicas=settings.stream_replicas)
        self.audit = AuditLog(self.database)
        self.pages = Pages(settings.secret_key.get_secret_value())
        self.signer = Signer(settings.signing_key.get_secret_value())
        self.tokens = ServiceTokens(
            issuer=settings.oidc_issuer,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
        )
        self._trust = Trust.of(settings)
        self._servicers: list[tuple[Callable[[Any, Any], None], Any, str]] = []
        self._subscriptions: list[Subscription] = []
        self._jobs: list[TimedJob] = []
        self._channels: list[grpc.aio.Channel] = []
        self._precondition: Precondition | None = None
        self.every("housekeeping", 600, housekeeping(self.database))
        self.add(
            audit_pb2_grpc.add_AuditTrailServicer_to_server, AuditTrailRpc(self.database), trail.FULL_NAME
        )

    def channel(self, target: str, *, to: str) -> grpc.aio.Channel:
        """A channel to another service of this name ("contacts"), closed at exit."""
        channel = service_channel(target, self.tokens, self._trust, callee=audience_of(to))
        self._channels.append(channel)
        return channel

    def add(self, register: Callable[[Any, Any], None], servicer: Any, full_name: str) -> Self:
        """Serves a service of the contract: its `add_…_to_server`, the servicer, its full name."""
        self._servicers.append((register, servicer, full_name))
        return self

    def consume(self, subscriptions: Sequence[Subscription]) -> None:
        """Handles these facts."""
        self._subscriptions.extend(subscriptions)

    def every(self, name: str, seconds: float, job: Job) -> TimedJob:
        """Runs a job every so many seconds, in one process at a time."""
        timed = TimedJob(name, job, database=self.database, every=seconds)
        self._jobs.append(timed)
        return timed

    def ready_after(self, precondition: Precondition) -> None:
        """Says that it is not ready until this is; what the work needs is served meanwhile."""
        self._precondition = precondition

    async def run(self, *, own_contact: OwnContact) -> None:
        """Serves until SIGTERM or SIGINT, then drains."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        server, state = self._make_server(own_contact)
        servers = [server, *self._health_door(state)]
        try:
            port = open_port(server, self.settings)
        except RuntimeError as error:
            taken = f"{self.settings.listen} is taken; set KONTOR_LISTEN to another address."
            raise SystemExit(taken) from error
        except (InTheClear, OSError, ValueError) as error:
            raise SystemExit(f"Nothing is served without protection: {error}") from error
        tasks = [asyncio.create_task(work) for work in self._background(state)]
        # What was imported and wired stays: the collector need not look at it again with every thousand objects.
        gc.collect()
        gc.freeze()
        for each in servers:
            await each.start()
        log.info("serving", service=self.name, port=port)
        stopped = asyncio.create_task(stop.wait())
        # A background task never ends by itself; if one does, the process must not go on without it.
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        ended = next((task for task in tasks if task.done()), None)
        await self._stop(servers, state, tasks)
        if ended is not None:
            # Not as a traceback: that would print the error's text, which may quote a row.
            why = ended.exception()
            log.error("a background task ended", **(telemetry.place_of(why) if why is not None else {}))
            raise SystemExit(1)

    def _make_server(self, own_contact: OwnContact) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
        verifier = TokenVerifier(issuer=self.settings.oidc_issuer, audience=self.settings.audience)
        server = make_server(
            house_stages(verifier=verifier, own_contact=own_contact, database=self.database, audit=self.audit)
        )
        state = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(state, server)
        for register, servicer, _ in self._servicers:
            register(servicer, server)
        names = [full_name for _, _, full_name in self._servicers]
        reflection.enable_server_reflection((*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        return server, state

    def _health_door(self, state: health.aio.HealthServicer) -> list[grpc.aio.Server]:
        """A server that knows nothing but health, where one is asked for."""
        if self.settings.health_listen is None:
            return []
        server = grpc.aio.server()
        health_pb2_grpc.add_HealthServicer_to_server(state, server)
        address = self.settings.health_listen
        try:
            server.add_insecure_port(address)
        except RuntimeError as error:
            raise SystemExit(f"{address} is taken; set KONTOR_HEALTH_LISTEN to another address.") from error
        return [server]

    def _background(self, state: health.aio.HealthServicer) -> list[Any]:
        relay = Relay(
            database_url=self.settings.database_url.get_secret_value(),
            bus=self.bus,
            source=f"kontor/{self.name}",
        )
        consumers = consumers_for(
            service=self.name, subscriptions=self._subscriptions, bus=self.bus, database=self.database
        )
        return [
            self._connect_broker(),
            self._watch_readiness(state),
            self.audit.run(),
            relay.run(),
            *(consumer.run() for consumer in consumers),
            *(job.run() for job in self._jobs),
            *([self._precondition.run()] if self._precondition is not None else []),
        ]

    async def _connect_broker(self) -> None:
        await self.bus.connect()
        await self.bus.ensure_stream(self.name.upper(), subjects=[f"{self.name}.>"])
        await self.bus.ensure_stream(DEAD_STREAM, subjects=["dead.>"], days=None)
        for reader in self.settings.fact_readers:
            await self.bus.ensure_reader(self.name.upper(), reader)
        await asyncio.Event().wait()

    async def _watch_readiness(self, state: health.aio.HealthServicer) -> None:
        # Only the database decides: without the broker writes go on, and the outbox keeps the facts.
        status = health_pb2.HealthCheckResponse
        await state.set(LIVE, status.SERVING)
        while True:
            ready = (self._precondition is None or self._precondition.ready) and await self.database.ping()
            await state.set("", status.SERVING if ready else status.NOT_SERVING)
            await asyncio.sleep(_READINESS_S if ready else 0.2)

    async def _stop(
        self,
        servers: Sequence[grpc.aio.Server],
        state: health.aio.HealthServicer,
        tasks: list[asyncio.Task[Any]],
    ) -> None:
        log.info("stopping", service=self.name)
        # NOT_SERVING first: what routes to us must stop before we stop answering.
        await state.enter_graceful_shutdown()
        await asyncio.gather(*(server.stop(DRAIN_S) for server in servers))
        await end(tasks)
        await self.close()

    async def close(self) -> None:
        """Hangs up everywhere; for a command, which serves nothing."""
        await self.audit.close()
        for channel in self._channels:
            await channel.close()
        await self.bus.close()
        await self.database.close()


def run(main: Callable[[], Any]) -> None:
    """Runs a back end's async main on uvloop."""
    uvloop.run(main())
