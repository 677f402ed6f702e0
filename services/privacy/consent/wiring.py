"""What of the consents the process serves and does by itself; called by the composition root only."""

from __future__ import annotations

from kontor.privacy.v1 import (
    consent_chains_pb2_grpc,
    consent_life_pb2_grpc,
    consent_proofs_pb2_grpc,
    consent_standings_pb2_grpc,
    privacy_pb2_grpc,
)

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.config import Settings
from services.privacy.consent.chains.rpc import ConsentChainsRpc
from services.privacy.consent.chains.service import ChainService
from services.privacy.consent.life.jobs import LifeJobs
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.rpc import ConsentLifeRpc
from services.privacy.consent.life.service import LifeService
from services.privacy.consent.proofs import ProofService
from services.privacy.consent.rpc import ConsentProofsRpc, ConsentsRpc
from services.privacy.consent.service import ConsentService
from services.privacy.consent.standings.rpc import ConsentStandingsRpc
from services.privacy.consent.standings.service import StandingService
from services.privacy.requests.model import Controller
from services.privacy.suppression.service import SuppressionService

_DAY_S = 86_400


def serve_consents(
    backend: Backend, settings: Settings, suppression: SuppressionService
) -> tuple[ConsentService, Lapsing]:
    """Consents, their life and their proofs; answers what other areas ask."""
    periods = settings.consent_periods
    database, clock, v1 = backend.database, SystemClock(), "kontor.privacy.v1"
    lapsing = Lapsing(periods, clock)
    consents = ConsentService(database, clock, suppression=suppression, lapsing=lapsing)
    door = privacy_pb2_grpc.add_ConsentsServicer_to_server
    backend.add(door, ConsentsRpc(consents), f"{v1}.Consents")
    life = ConsentLifeRpc(LifeService(database, clock, consents=consents, lapsing=lapsing))
    backend.add(consent_life_pb2_grpc.add_ConsentLifeServicer_to_server, life, f"{v1}.ConsentLife")
    jobs = LifeJobs(database, clock, lapsing=lapsing, notice_days=settings.consent_notice_days)
    backend.every("expire-consents", _DAY_S, jobs.expire)
    backend.every("ask-renewals", _DAY_S, jobs.ask_renewals)
    standings = ConsentStandingsRpc(StandingService(database, lapsing), backend.pages, periods.zone)
    listed = consent_standings_pb2_grpc.add_ConsentStandingsServicer_to_server
    backend.add(listed, standings, f"{v1}.ConsentStandings")
    _serve_proofs(backend, settings.controller)
    return consents, lapsing


def _serve_proofs(backend: Backend, controller: Controller) -> None:
    """What proves a consent: to a program, and on paper."""
    v1 = "kontor.privacy.v1"
    proofs = ConsentProofsRpc(ProofService(backend.database))
    backend.add(consent_proofs_pb2_grpc.add_ConsentProofsServicer_to_server, proofs, f"{v1}.ConsentProofs")
    chains = ChainService(backend.database, SystemClock(), signer=backend.signer, controller=controller)
    door = consent_chains_pb2_grpc.add_ConsentChainsServicer_to_server
    backend.add(door, ConsentChainsRpc(chains), f"{v1}.ConsentChains")
