"""Wires the doors of everything about consents; `__main__` wires the rest."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from kontor.privacy.v1 import (
    consent_chains_pb2_grpc,
    consent_proofs_pb2_grpc,
    consent_standings_pb2_grpc,
    consent_texts_pb2_grpc,
    privacy_pb2_grpc,
)

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.config import Settings
from services.privacy.consent.chains.rpc import ConsentChainsRpc
from services.privacy.consent.chains.service import ChainService
from services.privacy.consent.proofs import ProofService
from services.privacy.consent.rpc import ConsentProofsRpc, ConsentsRpc
from services.privacy.consent.service import ConsentService
from services.privacy.consent.standings.rpc import ConsentStandingsRpc
from services.privacy.consent.standings.service import StandingService
from services.privacy.texts.rpc import ConsentTextsRpc
from services.privacy.texts.service import TextService


def serve_consents(backend: Backend, consents: ConsentService, settings: Settings) -> None:
    """The ledger, its proofs, where consents stand, and what people are asked."""
    add, database, clock, v1 = backend.add, backend.database, SystemClock(), "kontor.privacy.v1"
    add(privacy_pb2_grpc.add_ConsentsServicer_to_server, ConsentsRpc(consents), f"{v1}.Consents")
    proofs = ConsentProofsRpc(ProofService(database))
    add(consent_proofs_pb2_grpc.add_ConsentProofsServicer_to_server, proofs, f"{v1}.ConsentProofs")
    chains = ChainService(database, clock, signer=backend.signer, controller=settings.controller)
    chained = ConsentChainsRpc(chains)
    add(consent_chains_pb2_grpc.add_ConsentChainsServicer_to_server, chained, f"{v1}.ConsentChains")
    zone = ZoneInfo(settings.controller_timezone)
    standings = ConsentStandingsRpc(StandingService(database), backend.pages, zone)
    listed = consent_standings_pb2_grpc.add_ConsentStandingsServicer_to_server
    add(listed, standings, f"{v1}.ConsentStandings")
    texts = ConsentTextsRpc(TextService(database, clock))
    add(consent_texts_pb2_grpc.add_ConsentTextsServicer_to_server, texts, f"{v1}.ConsentTexts")
