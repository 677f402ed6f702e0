"""Where consents stand: proto ↔ values."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import consent_standings_pb2 as standings_pb2
from kontor.privacy.v1 import consent_standings_pb2_grpc, privacy_pb2

from kernel.pages import Pages, page_size
from services.privacy.audit.model import day_bounds
from services.privacy.consent.model import State
from services.privacy.consent.rpc import as_consent
from services.privacy.consent.standings.model import Filter, Standing, Wanted
from services.privacy.consent.standings.service import StandingService


class ConsentStandingsRpc(consent_standings_pb2_grpc.ConsentStandingsServicer):
    """The ConsentStandings service of the contract."""

    def __init__(self, standings: StandingService, pages: Pages, zone: ZoneInfo) -> None:
        self._standings = standings
        self._pages = pages
        self._zone = zone

    async def ListStandings(
        self, request: standings_pb2.ListStandingsRequest, context: Any
    ) -> standings_pb2.ListStandingsResponse:
        position, size = self._pages.position(request), page_size(request.page_size)
        wanted = Wanted(
            self._filter(request.filter),
            State(request.state) if request.state else None,
            request.without_proof,
        )
        before = int(position[0]) if position else None
        found = await self._standings.list_standings(wanted, before=before, limit=size)
        response = standings_pb2.ListStandingsResponse(standings=map(_standing, found[:size]))
        if len(found) > size:
            response.next_page_token = self._pages.token(request, [found[size - 1].leaf_index])
        return response

    async def GetStandingCounts(
        self, request: standings_pb2.GetStandingCountsRequest, context: Any
    ) -> standings_pb2.GetStandingCountsResponse:
        counts = await self._standings.get_standing_counts(self._filter(request.filter))
        by_state = [
            standings_pb2.StandingCount(state=privacy_pb2.ConsentState.ValueType(state), count=many)
            for state, many in sorted(counts.by_state.items())
        ]
        return standings_pb2.GetStandingCountsResponse(counts=by_state, without_proof=counts.without_proof)

    def _filter(self, asked: standings_pb2.StandingFilter) -> Filter:
        first, last = day_bounds(asked.from_date, self._zone), day_bounds(asked.until_date, self._zone)
        return Filter(
            topic=asked.topic,
            method=asked.method,
            since=first[0] if first else None,
            until=last[1] if last else None,
        )


def _standing(standing: Standing) -> standings_pb2.Standing:
    return standings_pb2.Standing(
        consent=as_consent(standing.record, standing.last_day),
        method=standing.record.evidence.method,
        missing=standing.missing,
    )
