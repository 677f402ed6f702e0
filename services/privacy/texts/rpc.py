"""Consent texts: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import consent_texts_pb2 as texts_pb2
from kontor.privacy.v1 import consent_texts_pb2_grpc, privacy_pb2

from kernel.clock import from_timestamp, to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.texts.model import Draft, Topic, Translation, Use, Version, Wording
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

    async def HandInConsentDraft(
        self, request: texts_pb2.HandInConsentDraftRequest, context: Any
    ) -> texts_pb2.ConsentDraft:
        actor = current_principal().subject
        draft_id = uuid.UUID(request.id)
        return _draft(await self._texts.hand_in_consent_draft(draft_id, etag=request.etag, actor=actor))

    async def GetConsentDraft(
        self, request: texts_pb2.GetConsentDraftRequest, context: Any
    ) -> texts_pb2.ConsentDraft:
        return _draft(await self._texts.get_consent_draft(uuid.UUID(request.id)))

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

    async def ListConsentTopics(
        self, request: texts_pb2.ListConsentTopicsRequest, context: Any
    ) -> texts_pb2.ListConsentTopicsResponse:
        found = await self._texts.list_consent_topics()
        return texts_pb2.ListConsentTopicsResponse(topics=map(_topic, found))

    async def ListConsentTextUses(
        self, request: texts_pb2.ListConsentTextUsesRequest, context: Any
    ) -> texts_pb2.ListConsentTextUsesResponse:
        found = await self._texts.list_consent_text_uses(request.topic)
        return texts_pb2.ListConsentTextUsesResponse(uses=map(_use, found))

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
        handed_in_by=draft.handed_in_by,
        hand_in_time=to_timestamp(draft.handed_in_at),
    )


def _topic(topic: Topic) -> texts_pb2.ConsentTopic:
    return texts_pb2.ConsentTopic(
        topic=topic.topic,
        version=topic.version,
        effective_time=to_timestamp(topic.effective_at),
        next_version=topic.next_version,
        languages=topic.languages,
        retire_time=to_timestamp(topic.retired_at),
    )


def _use(use: Use) -> texts_pb2.ConsentTextUse:
    return texts_pb2.ConsentTextUse(
        topic=use.topic, text_id=str(use.text_id or ""), form_url=use.form_url, count=use.count
    )


def _version(version: Version) -> texts_pb2.ConsentTextVersion:
    text = version.text
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
        text=shown,
        material=text.material,
        effective_time=to_timestamp(text.effective_at),
        authors=version.authors,
        approved_by=version.approved_by,
        approve_time=to_timestamp(version.approved_at),
    )
