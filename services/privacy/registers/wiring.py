"""Puts the registers of the controller together and serves them."""

from __future__ import annotations

from kontor.privacy.v1 import assessments_pb2_grpc, breaches_pb2_grpc, registers_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.assessments.rpc import AssessmentsRpc
from services.privacy.assessments.service import AssessmentService
from services.privacy.breaches.rpc import BreachesRpc
from services.privacy.breaches.service import BreachService
from services.privacy.config import Settings
from services.privacy.processing.rpc import ProcessingRecordsRpc
from services.privacy.processing.service import ProcessingService
from services.privacy.registers.rpc import RegistersRpc
from services.privacy.registers.service import RegisterService


def make_registers(backend: Backend, settings: Settings) -> RegisterService:
    """The registers, for who serves them and for who reads the recipients."""
    return RegisterService(
        backend.database,
        SystemClock(),
        controller=settings.controller,
        timezone=settings.controller_timezone,
    )


def serve_registers(backend: Backend, settings: Settings) -> None:
    """Serves the registers of the controller."""
    database, clock, v1 = backend.database, SystemClock(), "kontor.privacy.v1"
    registers = make_registers(backend, settings)
    processing = ProcessingService(database, clock, registers=registers, controller=settings.controller)
    door = registers_pb2_grpc
    backend.add(door.add_RegistersServicer_to_server, RegistersRpc(registers), f"{v1}.Registers")
    record = ProcessingRecordsRpc(processing, clock)
    backend.add(door.add_ProcessingRecordsServicer_to_server, record, f"{v1}.ProcessingRecords")
    breaches = BreachService(database, clock, registers=registers, controller=settings.controller)
    served = BreachesRpc(breaches)
    backend.add(breaches_pb2_grpc.add_BreachesServicer_to_server, served, f"{v1}.Breaches")
    assessments = AssessmentService(database, clock, registers=registers, controller=settings.controller)
    assessed = AssessmentsRpc(assessments)
    backend.add(assessments_pb2_grpc.add_AssessmentsServicer_to_server, assessed, f"{v1}.Assessments")
