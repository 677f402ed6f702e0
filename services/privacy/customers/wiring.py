"""How the parts of this area hang together; called by __main__ and by nobody else."""

from __future__ import annotations

from kontor.privacy.v1 import customers_pb2_grpc

from kernel.clock import SystemClock
from kernel.db import Database
from kernel.lifecycle import Backend
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.standings.service import StandingService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.customers.rpc import ExistingCustomersRpc
from services.privacy.customers.service import CustomerService
from services.privacy.permits.service import PermitService
from services.privacy.suppression.model import Hasher


def existing_customers(database: Database, hasher: Hasher, lapsing: Lapsing) -> ExistingCustomers:
    """As permits and objections meet them."""
    standings = StandingService(database, lapsing)
    return ExistingCustomers(SystemClock(), hasher, standings=standings, zone=lapsing.periods.zone)


def serve_customers(backend: Backend, customers: ExistingCustomers, permits: PermitService) -> None:
    """The facts that they are judged by."""
    service = CustomerService(backend.database, SystemClock(), customers=customers, permits=permits)
    door = customers_pb2_grpc.add_ExistingCustomersServicer_to_server
    backend.add(door, ExistingCustomersRpc(service), "kontor.privacy.v1.ExistingCustomers")
