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


def serve_without_login(
    backend: Backend,
    settings: Settings,
    jobs: AskingJobs,
    *,
    reading: Reading,
    suppression: SuppressionService,
    soon: Callable[[Callable[[], None]], None],
) -> None:
    """`soon` wakes a job once the call that wakes it has committed."""
    codes, v1 = CodeHasher(settings.secret_keys), "kontor.privacy.v1"
    identity = IdentityService(reading, SystemClock(), hasher=codes, wake=jobs.requests.wake)
    checks = IdentityChecksRpc(identity)
    backend.add(identity_pb2_grpc.add_IdentityChecksServicer_to_server, checks, f"{v1}.IdentityChecks")
    run = backend.every("askings", _ASKINGS_S, jobs.work)
    askings = AskingService(
        backend.database,
        SystemClock(),
        hashers=(codes, ClientHasher(settings.secret_keys)),
        suppression=suppression,
        wake=lambda: soon(run.wake),
    )
    served = AskingsRpc(askings)
    backend.add(askings_pb2_grpc.add_AskingsServicer_to_server, served, f"{v1}.Askings")
