"""Consent texts: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import consent_texts_pb2 as texts_pb2
from kontor.privacy.v1 import consent_texts_pb2_grpc, privacy_pb2

from kernel.clock import from_timestamp, to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.consent.model import Text
from services.privacy.texts.model import Draft, Translation, Wording
from services.privacy.texts.service import TextService


class ConsentTextsRpc(consent_texts_pb2_grpc.ConsentTextsServicer):
    """The ConsentTexts service of the contract."""

    def __init__(self, texts: TextService) -> None:
        self._texts = texts

    async def CreateConsentDraft(
        self, request: texts_pb2.CreateConsentDraftRequest, context: Any
    ) -> texts_pb2.ConsentDraft:
        author = current_principal().subject
        return _draft(await self._texts.create_consent_draft(request.topic, _wording(request), author=author))

    async def UpdateConsentDraft(
        self, request: texts_pb2.UpdateConsentDraftRequest, context: Any
    ) -> texts_pb2.ConsentDraft:
        draft = await self._texts.update_consent_draft(
            uuid.UUID(request.id),
            _wording(request),
            etag=request.etag,
            author=current_principal().subject,
        )
        return _draft(draft)

    async def ApproveConsentDraft(
        self, request: texts_pb2.ApproveConsentDraftRequest, context: Any
    ) -> texts_pb2.ConsentDraft:
        approver = current_principal().subject
        draft = await self._texts.approve_consent_draft(
            uuid.UUID(request.id), etag=request.etag, approver=approver
        )
        return _draft(draft)

    async def ListConsentDrafts(
        self, request: texts_pb2.ListConsentDraftsRequest, context: Any
    ) -> texts_pb2.ListConsentDraftsResponse:
        return texts_pb2.ListConsentDraftsResponse(
            drafts=map(_draft, await self._texts.list_consent_drafts())
        )

    async def ListConsentTextVersions(
        self, request: texts_pb2.ListConsentTextVersionsRequest, context: Any
    ) -> texts_pb2.ListConsentTextVersionsResponse:
        found = await self._texts.list_consent_text_versions(request.topic)
        return texts_pb2.ListConsentTextVersionsResponse(versions=map(_version, found))

    async def RetireConsentTopic(
        self, request: texts_pb2.RetireConsentTopicRequest, context: Any
    ) -> texts_pb2.RetireConsentTopicResponse:
        await self._texts.retire_consent_topic(request.topic)
        return texts_pb2.RetireConsentTopicResponse()


def _wording(request: texts_pb2.CreateConsentDraftRequest | texts_pb2.UpdateConsentDraftRequest) -> Wording:
    translations = {
        each.language: Translation(each.title, each.text, each.withdrawal_notice)
        for each in request.translations
    }
    return Wording(
        translations, material=request.material, effective_at=from_timestamp(request.effective_time)
    )


def _draft(draft: Draft) -> texts_pb2.ConsentDraft:
    return texts_pb2.ConsentDraft(
        id=str(draft.id),
        topic=draft.topic,
        material=draft.wording.material,
        effective_time=to_timestamp(draft.wording.effective_at),
        translations=[
            texts_pb2.ConsentTranslation(
                language=language,
                title=each.title,
                text=each.text,
                withdrawal_notice=each.withdrawal_notice,
            )
            for language, each in sorted(draft.wording.translations.items())
        ],
        authors=draft.authors,
        approved_by=draft.approved_by,
        approve_time=to_timestamp(draft.approved_at),
        version=draft.version,
        etag=draft.etag,
    )


def _version(text: Text) -> texts_pb2.ConsentTextVersion:
    shown = privacy_pb2.ConsentText(
        id=str(text.id),
        topic=text.topic,
        language=text.language,
        version=text.version,
        title=text.title,
        text=text.text,
        withdrawal_notice=text.withdrawal_notice,
        sha256=text.sha256,
    )
    return texts_pb2.ConsentTextVersion(
        text=shown, material=text.material, effective_time=to_timestamp(text.effective_at)
    )
