"""Consents and their proofs: proto ↔ values."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from kontor.privacy.v1 import consent_proofs_pb2 as proofs_pb2
from kontor.privacy.v1 import consent_proofs_pb2_grpc, privacy_pb2, privacy_pb2_grpc

from kernel.clock import from_timestamp, to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.consent.model import Evidence, Record, Text
from services.privacy.consent.proofs import ProofService
from services.privacy.consent.recording import Subject
from services.privacy.consent.service import ConsentService
from services.privacy.consent.store import Entry
from services.privacy.consent.tree.store import Head


class ConsentsRpc(privacy_pb2_grpc.ConsentsServicer):
    """The Consents service of the contract."""

    def __init__(self, consents: ConsentService) -> None:
        self._consents = consents

    async def GetConsentText(
        self, request: privacy_pb2.GetConsentTextRequest, context: Any
    ) -> privacy_pb2.ConsentText:
        return _text(await self._consents.get_consent_text(topic=request.topic, language=request.language))

    async def ListConsentTexts(
        self, request: privacy_pb2.ListConsentTextsRequest, context: Any
    ) -> privacy_pb2.ListConsentTextsResponse:
        texts = await self._consents.list_consent_texts(language=request.language)
        return privacy_pb2.ListConsentTextsResponse(texts=map(_text, texts))

    async def GiveConsent(self, request: privacy_pb2.GiveConsentRequest, context: Any) -> privacy_pb2.Consent:
        given = await self._consents.give_consent(
            _about(request),
            text_id=uuid.UUID(request.text_id),
            evidence=as_evidence(request.evidence),
            caller=current_principal(),
        )
        return as_consent(given)

    async def WithdrawConsent(
        self, request: privacy_pb2.WithdrawConsentRequest, context: Any
    ) -> privacy_pb2.Consent:
        caller = current_principal()
        # A service tells how it came about; who calls in person cannot claim to have been somebody else.
        method = request.method if caller.is_service else ""
        method = method or ("portal" if caller.is_customer_only else "staff")
        return as_consent(await self._consents.withdraw_consent(_about(request), method=method))

    async def ListConsents(
        self, request: privacy_pb2.ListConsentsRequest, context: Any
    ) -> privacy_pb2.ListConsentsResponse:
        known, asked = await self._consents.list_consents(uuid.UUID(request.contact_id))
        return privacy_pb2.ListConsentsResponse(
            consents=[as_consent(record, last_day) for record, last_day in known],
            asked=map(as_consent, asked),
        )

    async def GetConsentEvidence(
        self, request: privacy_pb2.GetConsentEvidenceRequest, context: Any
    ) -> privacy_pb2.ConsentEvidence:
        found = await self._consents.get_consent_evidence(uuid.UUID(request.contact_id), request.topic)
        return privacy_pb2.ConsentEvidence(records=[full_record(entry, text) for entry, text in found])


class ConsentProofsRpc(consent_proofs_pb2_grpc.ConsentProofsServicer):
    """The ConsentProofs service of the contract."""

    def __init__(self, proofs: ProofService) -> None:
        self._proofs = proofs

    async def GetConsentProof(
        self, request: proofs_pb2.GetConsentProofRequest, context: Any
    ) -> proofs_pb2.ConsentProof:
        proof = await self._proofs.get_consent_proof(
            uuid.UUID(request.contact_id), uuid.UUID(request.consent_id)
        )
        return proofs_pb2.ConsentProof(
            record=full_record(proof.entry, proof.text),
            leaf_index=proof.entry.leaf.index,
            salt=proof.entry.leaf.salt,
            path=proof.path,
            head=_head(proof.head) if proof.head else None,
            file=proof.as_file(),
        )

    async def GetConsistencyProof(
        self, request: proofs_pb2.GetConsistencyProofRequest, context: Any
    ) -> proofs_pb2.ConsistencyProof:
        grown = await self._proofs.get_consistency_proof(old_size=request.old_size, new_size=request.new_size)
        return proofs_pb2.ConsistencyProof(
            old_head=_head(grown.old), new_head=_head(grown.new), path=grown.path
        )

    async def ListTreeHeads(
        self, request: proofs_pb2.ListTreeHeadsRequest, context: Any
    ) -> proofs_pb2.ListTreeHeadsResponse:
        return proofs_pb2.ListTreeHeadsResponse(heads=map(_head, await self._proofs.list_tree_heads()))

    async def CollectLedger(
        self, request: proofs_pb2.CollectLedgerRequest, context: Any
    ) -> AsyncIterator[proofs_pb2.CollectLedgerResponse]:
        async for lines in self._proofs.collect_ledger():
            yield proofs_pb2.CollectLedgerResponse(lines=lines)


def _about(request: privacy_pb2.GiveConsentRequest | privacy_pb2.WithdrawConsentRequest) -> Subject:
    return Subject(uuid.UUID(request.contact_id), request.topic, request.channel)


def as_evidence(message: privacy_pb2.Evidence) -> Evidence:
    """Evidence as it came."""
    return Evidence(
        form_url=message.form_url,
        language=message.language,
        request_time=from_timestamp(message.request_time),
        confirm_time=from_timestamp(message.confirm_time),
        mail_sha256=message.mail_sha256,
        token_sha256=message.token_sha256,
        method=message.method,
        request_ip=message.request_ip,
        confirm_ip=message.confirm_ip,
    )


def as_consent(record: Record, last_day: date | None = None) -> privacy_pb2.Consent:
    """A record without its evidence."""
    return privacy_pb2.Consent(
        id=str(record.id),
        contact_id=str(record.contact_id),
        topic=record.topic,
        channel=privacy_pb2.Channel.ValueType(record.channel),
        state=privacy_pb2.ConsentState.ValueType(record.state),
        text_id=str(record.text_id or ""),
        record_time=to_timestamp(record.recorded_at),
        last_day=str(last_day or ""),
    )


def _text(text: Text) -> privacy_pb2.ConsentText:
    return privacy_pb2.ConsentText(
        id=str(text.id),
        topic=text.topic,
        language=text.language,
        version=text.version,
        title=text.title,
        text=text.text,
        withdrawal_notice=text.withdrawal_notice,
        sha256=text.sha256,
    )


def full_record(entry: Entry, text: Text | None) -> privacy_pb2.ConsentRecord:
    """A record with all its evidence and the text that was shown."""
    evidence = entry.record.evidence
    return privacy_pb2.ConsentRecord(
        consent=as_consent(entry.record),
        text=_text(text) if text else None,
        evidence=privacy_pb2.Evidence(
            form_url=evidence.form_url,
            language=evidence.language,
            request_time=to_timestamp(evidence.request_time),
            confirm_time=to_timestamp(evidence.confirm_time),
            mail_sha256=evidence.mail_sha256,
            token_sha256=evidence.token_sha256,
            request_ip=evidence.request_ip,
            confirm_ip=evidence.confirm_ip,
            method=evidence.method,
        ),
        leaf_hash=entry.leaf.hash,
        tree_size=entry.leaf.tree_size,
    )


def _head(head: Head) -> proofs_pb2.TreeHead:
    return proofs_pb2.TreeHead(size=head.size, root=head.root, statement=head.statement)
