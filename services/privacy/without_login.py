"""The doors for people without a login, wired: codes that show who asks, and askings on the public page."""

from __future__ import annotations

from collections.abc import Callable

from kontor.privacy.v1 import askings_pb2_grpc, identity_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.config import Settings
from services.privacy.requests.asking.jobs import AskingJobs
from services.privacy.requests.asking.model import ClientHasher
from services.privacy.requests.asking.rpc import AskingsRpc
from services.privacy.requests.asking.service import AskingService
from services.privacy.requests.identity.model import CodeHasher
from services.privacy.requests.identity.rpc import IdentityChecksRpc
from services.privacy.requests.identity.service import IdentityService
from services.privacy.requests.reading import Reading
from services.privacy.suppression.service import SuppressionService

_ASKINGS_S = 5


def serve_identity(
    backend: Backend, settings: Settings, reading: Reading, *, wake: Callable[[], None]
) -> None:
    """Codes that show who asks."""
    identity = IdentityService(reading, SystemClock(), hasher=CodeHasher(settings.secret_keys), wake=wake)
    door = identity_pb2_grpc.add_IdentityChecksServicer_to_server
    backend.add(door, IdentityChecksRpc(identity), "kontor.privacy.v1.IdentityChecks")


def serve_askings(
    backend: Backend,
    settings: Settings,
    jobs: AskingJobs,
    *,
    suppression: SuppressionService,
    soon: Callable[[Callable[[], None]], None],
) -> None:
    """The public page; `soon` wakes a job once the call that wakes it has committed."""
    run = backend.every("askings", _ASKINGS_S, jobs.work)
    askings = AskingService(
        backend.database,
        SystemClock(),
        hashers=(CodeHasher(settings.secret_keys), ClientHasher(settings.secret_keys)),
        suppression=suppression,
        wake=lambda: soon(run.wake),
    )
    door = askings_pb2_grpc.add_AskingsServicer_to_server
    backend.add(door, AskingsRpc(askings), "kontor.privacy.v1.Askings")
