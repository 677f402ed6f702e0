"""The list of consents: what it asks for, what it says of a consent without proof, and its numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kontor.privacy.v1 import consent_standings_pb2 as standings_pb2
from kontor.privacy.v1 import privacy_pb2

from kernel.errors import InvalidArgument
from services.gateway import people
from services.gateway.consents import views
from tests.gateway.conftest import LogIn
from tests.gateway.desk import CONTACT

GIVEN = privacy_pb2.CONSENT_STATE_GIVEN


class Stub:
    """Answers with one consent that lacks its proof, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[standings_pb2.ListStandingsRequest] = []

    def ListStandings(self, asked: standings_pb2.ListStandingsRequest) -> standings_pb2.ListStandingsResponse:
        self.asked.append(asked)
        if asked.filter.from_date == "gestern":
            raise InvalidArgument("no")
        consent = privacy_pb2.Consent(
            id=CONTACT, contact_id=CONTACT, topic="newsletter", channel=privacy_pb2.CHANNEL_EMAIL, state=GIVEN
        )
        standing = standings_pb2.Standing(consent=consent, method="double-opt-in", missing=["text", "mail"])
        return standings_pb2.ListStandingsResponse(standings=[standing])

    def GetStandingCounts(
        self, asked: standings_pb2.GetStandingCountsRequest
    ) -> standings_pb2.GetStandingCountsResponse:
        counts = [standings_pb2.StandingCount(state=GIVEN, count=1_234)]
        return standings_pb2.GetStandingCountsResponse(counts=counts, without_proof=17)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    stub = Stub()
    monkeypatch.setattr(views, "clients", lambda: SimpleNamespace(consent_standings=stub))
    monkeypatch.setattr(people, "by_id", lambda _ids: {})
    monkeypatch.setattr(views, "topics", lambda: {"newsletter": "Newsletter"})
    return stub


def test_numbers_lead_to_their_rows_within_the_filter(log_in: LogIn, stub: Stub) -> None:
    page = log_in("dpo").get("/consents?topic=newsletter&state=given&method=staff").text
    assert "1.234" in page
    assert 'href="/consents?state=given&amp;topic=newsletter&amp;method=staff"' in page
    assert 'href="/consents?proof=without&amp;topic=newsletter&amp;method=staff"' in page
    assert (stub.asked[0].filter.topic, stub.asked[0].filter.method, stub.asked[0].state) == (
        "newsletter",
        "staff",
        GIVEN,
    )


def test_what_lacks_its_proof_says_what_is_missing(log_in: LogIn, stub: Stub) -> None:
    page = log_in("dpo").get("/consents?proof=without").text
    assert stub.asked[0].without_proof
    assert "Es fehlt: der gezeigte Text, die Bestätigungsmail" in page
    file = log_in("manager").get("/consents.csv?proof=without").text
    assert "der gezeigte Text, die Bestätigungsmail" in file
    assert CONTACT in file


def test_a_day_that_is_none_is_said(log_in: LogIn, stub: Stub) -> None:
    answer = log_in("dpo").get("/consents?from_date=gestern")
    assert answer.status_code == 400
    assert "gestern" in answer.text
