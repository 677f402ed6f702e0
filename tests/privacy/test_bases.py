"""The survey of bases: who has none, who has one after all, and what a service that is silent changes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kontor.privacy.v1 import bases_pb2, bases_pb2_grpc

from kernel.clock import to_timestamp
from kernel.db import AnySession
from kernel.errors import InvalidArgument, PermissionDenied, Unavailable
from kernel.pages import Pages
from services.privacy.bases.jobs import BasisJobs
from services.privacy.bases.rpc import BasesRpc
from services.privacy.bases.service import BasisService
from services.privacy.clients import BasisSource
from services.privacy.consent.standings.service import StandingService
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve, Served
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request, withdraw_request
from tests.privacy.parts import Parts

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Holder:
    """What another service answers, page by page, in the order of ids."""

    subjects: dict[uuid.UUID, bases_pb2.SubjectBasis] = field(default_factory=dict)
    down: bool = False

    def add(self, contact_id: uuid.UUID, *, has_basis: bool = False, source: str = "staff") -> uuid.UUID:
        made = to_timestamp(BEGAN + timedelta(days=len(self.subjects)))
        self.subjects[contact_id] = bases_pb2.SubjectBasis(
            contact_id=str(contact_id), create_time=made, source=source, has_basis=has_basis
        )
        return contact_id

    async def ListSubjectBases(
        self, request: bases_pb2.ListSubjectBasesRequest, timeout: float
    ) -> bases_pb2.ListSubjectBasesResponse:
        if self.down:
            raise Unavailable("gone")
        ordered = sorted(self.subjects.values(), key=lambda each: each.contact_id)
        behind = [each for each in ordered if each.contact_id > request.after_id]
        return bases_pb2.ListSubjectBasesResponse(subjects=behind[: request.page_size])


@dataclass
class Survey:
    """The survey over two services, and its door."""

    contacts: Holder
    tickets: Holder
    jobs: BasisJobs
    held: set[uuid.UUID]
    served: Served
    realm: Realm

    async def found(self, role: str = "dpo", **asked: Any) -> bases_pb2.ListContactsWithoutBasisResponse:
        stub = bases_pb2_grpc.BasesStub(self.served.channel(self.realm.token(role)))
        return await stub.ListContactsWithoutBasis(bases_pb2.ListContactsWithoutBasisRequest(**asked))

    async def why(self) -> dict[str, str]:
        return {each.contact_id: each.why for each in (await self.found()).contacts}


@pytest.fixture
async def survey(parts: Parts, serve: Serve, realm: Realm) -> Survey:
    contacts, tickets, held = Holder(), Holder(), set[uuid.UUID]()
    standings = StandingService(parts.database, parts.lapsing)

    async def known(session: AnySession) -> frozenset[uuid.UUID]:
        return frozenset(held)

    jobs = BasisJobs(
        parts.database,
        parts.clock,
        contacts=BasisSource(contacts),
        others=[BasisSource(tickets)],
        bases=[standings.consenting, known],
        standings=standings,
    )
    door = BasesRpc(BasisService(parts.database), Pages("s" * 32), ZoneInfo("Europe/Berlin"))
    served = await serve(
        (bases_pb2_grpc.add_BasesServicer_to_server, door),
        database=parts.database,
        audience="kontor-privacy",
    )
    return Survey(contacts, tickets, jobs, held, served, realm)


async def test_whoever_has_any_basis_is_not_listed(survey: Survey, doors: Doors, parts: Parts) -> None:
    bare, consented, withdrawn, with_ticket, with_login, held = (
        survey.contacts.add(uuid.uuid4()) for _ in range(6)
    )
    survey.contacts.add(with_login, has_basis=True)
    survey.tickets.add(with_ticket, has_basis=True)
    survey.held.add(held)
    consents = doors.consents(doors.as_service())
    for person in (consented, withdrawn):
        await consents.GiveConsent(await give_request(parts.database, person))
    await consents.WithdrawConsent(withdraw_request(withdrawn))
    assert not (await survey.found()).HasField("survey_time")
    await survey.jobs.survey()
    assert await survey.why() == {str(bare): "never-asked", str(withdrawn): "withdrawn"}
    # The next survey sees what has changed since: a basis that ended, one that came, a contact that went.
    await consents.WithdrawConsent(withdraw_request(consented))
    survey.tickets.add(bare, has_basis=True)
    del survey.contacts.subjects[withdrawn]
    await survey.jobs.survey()
    assert await survey.why() == {str(consented): "withdrawn"}


async def test_who_is_found_again_stays_found_since_the_first_time(survey: Survey, parts: Parts) -> None:
    survey.contacts.add(uuid.uuid4())
    await survey.jobs.survey()
    first = (await survey.found()).contacts[0].find_time
    parts.clock.advance(days=1)
    await survey.jobs.survey()
    found = await survey.found()
    assert found.contacts[0].find_time == first
    assert found.survey_time.seconds - first.seconds == 24 * 3600


async def test_a_silent_service_changes_nothing_and_the_time_says_how_old_it_is(
    survey: Survey, parts: Parts
) -> None:
    survey.contacts.add(uuid.uuid4())
    await survey.jobs.survey()
    before = await survey.found()
    parts.clock.advance(days=1)
    survey.tickets.down = True
    survey.contacts.add(uuid.uuid4())
    with pytest.raises(Unavailable):
        await survey.jobs.survey()
    assert await survey.found() == before


async def test_every_number_is_that_of_the_rows_it_counts(survey: Survey) -> None:
    for number in range(7):
        survey.contacts.add(uuid.uuid4(), source="import:8f2" if number % 2 else "form")
    await survey.jobs.survey()
    found = await survey.found(page_size=3)
    assert (found.total_size, [(each.why, each.count) for each in found.counts]) == (7, [("never-asked", 7)])
    seen = [each.contact_id for each in found.contacts]
    while found.next_page_token:
        found = await survey.found(page_size=3, page_token=found.next_page_token)
        seen += [each.contact_id for each in found.contacts]
    assert len(set(seen)) == len(seen) == 7
    imported = await survey.found(source="import")
    assert (imported.total_size, len(imported.contacts)) == (3, 3)
    assert (await survey.found(why="withdrawn")).total_size == 0
    day = (BEGAN + timedelta(days=5)).date().isoformat()
    assert len((await survey.found(from_date=day)).contacts) == 2
    assert len((await survey.found(until_date=day)).contacts) == 6
    with pytest.raises(InvalidArgument):
        await survey.found(from_date="gestern")
    with pytest.raises(PermissionDenied):
        await survey.found("agent")
