"""The life of a consent: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import consent_life_pb2 as life_pb2
from kontor.privacy.v1 import consent_life_pb2_grpc, privacy_pb2

from kernel.rpc.call import current_principal
from services.privacy.consent.life.service import LifeService
from services.privacy.consent.recording import Subject
from services.privacy.consent.rpc import as_consent, as_evidence


class ConsentLifeRpc(consent_life_pb2_grpc.ConsentLifeServicer):
    """The ConsentLife service of the contract."""

    def __init__(self, life: LifeService) -> None:
        self._life = life

    async def AskConsent(self, request: life_pb2.AskConsentRequest, context: Any) -> privacy_pb2.Consent:
        method = "service" if current_principal().is_service else "staff"
        return as_consent(
            await self._life.ask_consent(_about(request), language=request.language, method=method)
        )

    async def RefuseConsent(
        self, request: life_pb2.RefuseConsentRequest, context: Any
    ) -> privacy_pb2.Consent:
        refused = await self._life.refuse_consent(
            _about(request),
            text_id=uuid.UUID(request.text_id),
            evidence=as_evidence(request.evidence),
            caller=current_principal(),
        )
        return as_consent(refused)

    async def RenewConsent(self, request: life_pb2.RenewConsentRequest, context: Any) -> privacy_pb2.Consent:
        renewed = await self._life.renew_consent(
            _about(request), text_id=uuid.UUID(request.text_id), evidence=as_evidence(request.evidence)
        )
        return as_consent(renewed)


def _about(
    request: life_pb2.AskConsentRequest | life_pb2.RefuseConsentRequest | life_pb2.RenewConsentRequest,
) -> Subject:
    return Subject(uuid.UUID(request.contact_id), request.topic, request.channel)
