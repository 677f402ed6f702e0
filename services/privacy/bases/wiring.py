"""Puts the survey of bases together and serves what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kontor.privacy.v1 import bases_pb2_grpc

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.bases.jobs import Basis, BasisJobs
from services.privacy.bases.rpc import BasesRpc
from services.privacy.bases.service import BasisService
from services.privacy.clients import BasisSource
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.standings.service import StandingService

_HOUR_S = 3_600


def serve_bases(
    backend: Backend,
    channels: Mapping[str, Any],
    lapsing: Lapsing,
    *,
    bases: Sequence[Basis],
) -> None:
    """Asks contacts and tickets every hour, and serves the rows; `bases` are what this service knows by itself."""
    standings = StandingService(backend.database, lapsing)
    jobs = BasisJobs(
        backend.database,
        SystemClock(),
        contacts=BasisSource.over(channels["contacts"]),
        others=[BasisSource.over(channels["tickets"])],
        bases=[standings.consenting, *bases],
        standings=standings,
    )
    backend.every("survey-bases", _HOUR_S, jobs.survey)
    door = BasesRpc(BasisService(backend.database), backend.pages, lapsing.periods.zone)
    backend.add(bases_pb2_grpc.add_BasesServicer_to_server, door, "kontor.privacy.v1.Bases")
