"""How the parts of this area hang together; called by the composition root only."""

from __future__ import annotations

from kontor.privacy.v1 import own_suppressions_pb2_grpc, privacy_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.suppression.lookups.service import LookUpService
from services.privacy.suppression.own.rpc import OwnSuppressionsRpc
from services.privacy.suppression.own.service import Bases, OwnSuppressionService
from services.privacy.suppression.rpc import SuppressionsRpc
from services.privacy.suppression.service import SuppressionService


def serve_suppressions(backend: Backend, suppression: SuppressionService, bases: Bases) -> None:
    """The suppression list: for services and staff, and as each person sees it."""
    database, clock = backend.database, SystemClock()
    lookups = LookUpService(database, clock, suppression=suppression)
    door = privacy_pb2_grpc.add_SuppressionsServicer_to_server
    backend.add(door, SuppressionsRpc(suppression, lookups, backend.pages), "kontor.privacy.v1.Suppressions")
    own = OwnSuppressionService(database, suppression=suppression, bases=bases)
    own_door = own_suppressions_pb2_grpc.add_OwnSuppressionsServicer_to_server
    backend.add(own_door, OwnSuppressionsRpc(own), "kontor.privacy.v1.OwnSuppressions")
