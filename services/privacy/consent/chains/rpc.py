"""What a consent went through, and its proof: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import consent_chains_pb2 as chains_pb2
from kontor.privacy.v1 import consent_chains_pb2_grpc, consent_proofs_pb2, privacy_pb2

from kernel.clock import to_timestamp
from services.privacy.consent.chains.model import Link, Paper, Signed
from services.privacy.consent.chains.service import ChainService, Wanted
from services.privacy.consent.rpc import full_record
from services.privacy.consent.store import Entry


class ConsentChainsRpc(consent_chains_pb2_grpc.ConsentChainsServicer):
    """The ConsentChains service of the contract."""

    def __init__(self, chains: ChainService) -> None:
        self._chains = chains

    async def GetConsentChain(
        self, request: chains_pb2.GetConsentChainRequest, context: Any
    ) -> chains_pb2.ConsentChain:
        chain = await self._chains.get_consent_chain(uuid.UUID(request.consent_id))
        return chains_pb2.ConsentChain(
            contact_id=str(chain.about.contact_id),
            topic=chain.about.topic,
            channel=privacy_pb2.Channel.ValueType(chain.about.channel),
            links=map(_link, chain.links),
            omitted=chain.omitted,
            head=_head(chain.head),
            head_time=to_timestamp(chain.head.signed_at if chain.head else None),
        )

    async def GetConsentPaper(
        self, request: chains_pb2.GetConsentPaperRequest, context: Any
    ) -> chains_pb2.ConsentPaper:
        paper = await self._chains.get_consent_paper(
            uuid.UUID(request.contact_id), uuid.UUID(request.consent_id), wanted=_wanted(request)
        )
        return _paper(paper)

    async def GetConsentLeaf(
        self, request: chains_pb2.GetConsentLeafRequest, context: Any
    ) -> chains_pb2.ConsentLeaf:
        place, state, head = await self._chains.get_consent_leaf(request.leaf_index)
        return chains_pb2.ConsentLeaf(
            leaf_index=place.leaf.index,
            state=chains_pb2.LeafState.ValueType(state),
            hash=place.leaf.hash,
            consent_id=place.record_id,
            erase_time=to_timestamp(place.erased_at),
            head=_head(head),
        )

    async def GetErasedLeafPaper(
        self, request: chains_pb2.GetErasedLeafPaperRequest, context: Any
    ) -> chains_pb2.ConsentPaper:
        return _paper(await self._chains.get_erased_leaf_paper(request.leaf_index, wanted=_wanted(request)))


def _wanted(request: chains_pb2.GetConsentPaperRequest | chains_pb2.GetErasedLeafPaperRequest) -> Wanted:
    return Wanted(request.format, request.language, request.head_size)


def _link(link: Link) -> chains_pb2.ConsentLink:
    return chains_pb2.ConsentLink(
        record=full_record(Entry(link.record, link.leaf), link.text),
        state=chains_pb2.LeafState.ValueType(link.state),
        leaf_index=link.leaf.index,
        addresses_until=to_timestamp(link.addresses_until),
    )


def _head(head: Signed | None) -> consent_proofs_pb2.TreeHead | None:
    if head is None:
        return None
    return consent_proofs_pb2.TreeHead(size=head.size, root=head.root, statement=head.statement)


def _paper(paper: Paper) -> chains_pb2.ConsentPaper:
    return chains_pb2.ConsentPaper(
        file_name=paper.file_name, media_type=paper.media_type, content=paper.content
    )
