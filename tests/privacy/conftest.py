"""The service's parts, wired like __main__ does, on a real database and behind all eight stages."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kontor.campaigns.v1 import notices_pb2_grpc
from kontor.privacy.v1 import (
    consent_chains_pb2_grpc,
    consent_life_pb2_grpc,
    consent_proofs_pb2_grpc,
    consent_standings_pb2_grpc,
    consent_texts_pb2_grpc,
    customers_pb2_grpc,
    own_suppressions_pb2_grpc,
    privacy_pb2_grpc,
)

from kernel.bus import Bus
from kernel.db import AnySession, Database
from kernel.pages import Pages
from kernel.signing import Signer
from services.privacy.consent.chains.rpc import ConsentChainsRpc
from services.privacy.consent.chains.service import ChainService
from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.life.jobs import LifeJobs
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.model import Periods
from services.privacy.consent.life.rpc import ConsentLifeRpc
from services.privacy.consent.life.service import LifeService
from services.privacy.consent.proofs import ProofService
from services.privacy.consent.rpc import ConsentProofsRpc, ConsentsRpc
from services.privacy.consent.service import ConsentService
from services.privacy.consent.standings.rpc import ConsentStandingsRpc
from services.privacy.consent.standings.service import StandingService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.customers.rpc import ExistingCustomersRpc
from services.privacy.customers.service import CustomerService
from services.privacy.permits.rpc import PermitsRpc
from services.privacy.permits.service import PermitService
from services.privacy.suppression.lookups.service import LookUpService
from services.privacy.suppression.model import Hasher
from services.privacy.suppression.own.rpc import OwnSuppressionsRpc
from services.privacy.suppression.own.service import Bases, OwnSuppressionService
from services.privacy.suppression.rpc import SuppressionsRpc
from services.privacy.suppression.service import SuppressionService
from services.privacy.tables import metadata
from services.privacy.texts.rpc import ConsentTextsRpc
from services.privacy.texts.service import TextService
from tests.fixtures.clock import FakeClock
from tests.fixtures.realm import Realm
from tests.fixtures.serving import OpenDatabase, OwnContacts, Serve, Served
from tests.privacy.court import ANNA, BORIS, Court, Signing
from tests.privacy.giving import give_request
from tests.privacy.holders import Base
from tests.privacy.machine import CONTROLLER, Machine, build
from tests.privacy.parts import Parts, pepper
from tests.privacy.teller import Campaigns, Teller

Setting = Callable[[Periods], LifeJobs]


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    return open_database("privacy", metadata)


@pytest.fixture
def parts(database: Database, fake_clock: FakeClock) -> Parts:
    hasher = Hasher({"k1": pepper("one"), "k2": pepper("two")}, current="k2")
    suppression = SuppressionService(database, hasher, fake_clock)
    lapsing = Lapsing(Periods(ZoneInfo("Europe/Berlin"), pause=12), fake_clock)
    consents = ConsentService(database, fake_clock, suppression=suppression, lapsing=lapsing)
    life = LifeService(database, fake_clock, consents=consents, lapsing=lapsing)
    restricted: set[uuid.UUID] = set()

    async def which(session: AnySession, ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        return frozenset(ids) & restricted

    customers = ExistingCustomers(
        fake_clock, hasher, standings=StandingService(database, lapsing), zone=ZoneInfo("Europe/Berlin")
    )
    permits = PermitService(
        database,
        fake_clock,
        lapsing=lapsing,
        suppression=suppression,
        customers=customers,
        restricted=which,
    )
    return Parts(
        database,
        fake_clock,
        consents,
        suppression,
        permits,
        hasher,
        lapsing,
        life,
        customers,
        restricted=restricted,
    )


@pytest.fixture
def setting(parts: Parts) -> Setting:
    """Puts these periods in force, and answers the job that works by them."""

    def put(periods: Periods) -> LifeJobs:
        parts.lapsing.periods = periods
        return LifeJobs(parts.database, parts.clock, lapsing=parts.lapsing, notice_days=30)

    return put


@dataclass
class Doors:
    """The service's public doors, by caller."""

    served: Served
    realm: Realm
    own: OwnContacts

    def as_service(self) -> str:
        return self.realm.token("service", sub="service-account-kontor-campaigns", azp="kontor-campaigns")

    def as_customer(self, contact_id: uuid.UUID, **claims: object) -> str:
        subject = f"login-{contact_id}"
        self.own.contacts[subject] = contact_id
        return self.realm.token("customer", **{"sub": subject, "email_verified": True, **claims})

    def consents(self, token: str) -> "privacy_pb2_grpc.ConsentsAsyncStub":
        return privacy_pb2_grpc.ConsentsStub(self.served.channel(token))

    def life(self, token: str) -> "consent_life_pb2_grpc.ConsentLifeAsyncStub":
        return consent_life_pb2_grpc.ConsentLifeStub(self.served.channel(token))

    def proofs(self, token: str) -> "consent_proofs_pb2_grpc.ConsentProofsAsyncStub":
        return consent_proofs_pb2_grpc.ConsentProofsStub(self.served.channel(token))

    def chains(self, token: str) -> "consent_chains_pb2_grpc.ConsentChainsAsyncStub":
        return consent_chains_pb2_grpc.ConsentChainsStub(self.served.channel(token))

    def standings(self, token: str) -> "consent_standings_pb2_grpc.ConsentStandingsAsyncStub":
        return consent_standings_pb2_grpc.ConsentStandingsStub(self.served.channel(token))

    def texts(self, token: str) -> "consent_texts_pb2_grpc.ConsentTextsAsyncStub":
        return consent_texts_pb2_grpc.ConsentTextsStub(self.served.channel(token))

    def suppressions(self, token: str) -> "privacy_pb2_grpc.SuppressionsAsyncStub":
        return privacy_pb2_grpc.SuppressionsStub(self.served.channel(token))

    def own_suppressions(self, token: str) -> "own_suppressions_pb2_grpc.OwnSuppressionsAsyncStub":
        return own_suppressions_pb2_grpc.OwnSuppressionsStub(self.served.channel(token))

    def customers(self, token: str) -> "customers_pb2_grpc.ExistingCustomersAsyncStub":
        return customers_pb2_grpc.ExistingCustomersStub(self.served.channel(token))

    def permits(self, token: str) -> "privacy_pb2_grpc.PermitsAsyncStub":
        return privacy_pb2_grpc.PermitsStub(self.served.channel(token))


@pytest.fixture
async def doors(parts: Parts, serve: Serve, realm: Realm) -> Doors:
    own = OwnContacts()
    served = await serve(
        (privacy_pb2_grpc.add_ConsentsServicer_to_server, ConsentsRpc(parts.consents)),
        (consent_life_pb2_grpc.add_ConsentLifeServicer_to_server, ConsentLifeRpc(parts.life)),
        (
            consent_proofs_pb2_grpc.add_ConsentProofsServicer_to_server,
            ConsentProofsRpc(ProofService(parts.database)),
        ),
        (
            consent_chains_pb2_grpc.add_ConsentChainsServicer_to_server,
            ConsentChainsRpc(
                ChainService(
                    parts.database, parts.clock, signer=Signer(pepper("privacy")), controller=CONTROLLER
                )
            ),
        ),
        (
            consent_standings_pb2_grpc.add_ConsentStandingsServicer_to_server,
            ConsentStandingsRpc(
                StandingService(parts.database, parts.lapsing), Pages("s" * 32), ZoneInfo("Europe/Berlin")
            ),
        ),
        (
            consent_texts_pb2_grpc.add_ConsentTextsServicer_to_server,
            ConsentTextsRpc(TextService(parts.database, parts.clock)),
        ),
        (
            privacy_pb2_grpc.add_SuppressionsServicer_to_server,
            SuppressionsRpc(
                parts.suppression,
                LookUpService(parts.database, parts.clock, suppression=parts.suppression),
                Pages("s" * 32),
            ),
        ),
        (
            own_suppressions_pb2_grpc.add_OwnSuppressionsServicer_to_server,
            OwnSuppressionsRpc(
                OwnSuppressionService(
                    parts.database,
                    suppression=parts.suppression,
                    bases=Bases(parts.consents, parts.customers, parts.addresses_of),
                )
            ),
        ),
        (
            privacy_pb2_grpc.add_PermitsServicer_to_server,
            PermitsRpc(parts.permits, Pages("s" * 32), ZoneInfo("Europe/Berlin")),
        ),
        (
            customers_pb2_grpc.add_ExistingCustomersServicer_to_server,
            ExistingCustomersRpc(
                CustomerService(parts.database, parts.clock, customers=parts.customers, permits=parts.permits)
            ),
        ),
        database=parts.database,
        own_contact=own,
        audience="kontor-privacy",
    )
    return Doors(served, realm, own)


@pytest.fixture
async def machine(
    parts: Parts, open_database: OpenDatabase, serve: Serve, realm: Realm, nats_url: str
) -> AsyncIterator[Machine]:
    """What carries out requests, with four holders on real servers."""
    bus = Bus(nats_url, name="test-privacy")
    await bus.connect()
    contacts = open_database("scratch", Base.metadata)
    yield await build(parts, contacts, bus, serve, realm.token("service", sub="kontor-privacy"))
    await bus.close()


@pytest.fixture
def ledger() -> Signing:
    return Signing()


@pytest.fixture
def court(tmp_path: Path, ledger: Signing) -> Court:
    return Court(tmp_path, ledger.signer.public_key)


@pytest.fixture
async def jobs(doors: Doors, parts: Parts, ledger: Signing) -> ConsentJobs:
    """Anna's, Boris's and five strangers' consents, two leaves each, with two signed heads: of 6 and of 14."""
    jobs = ConsentJobs(parts.database, ledger, parts.clock)  # type: ignore[arg-type]
    consents = doors.consents(doors.as_service())
    people = [ANNA, BORIS, *(uuid.uuid4() for _ in range(5))]
    for number, contact in enumerate(people):
        await consents.GiveConsent(await give_request(parts.database, contact))
        if number == 2:
            await jobs.publish_tree_head()
    parts.clock.advance(days=1)
    await jobs.publish_tree_head()
    return jobs


@pytest.fixture
async def teller(machine: Machine, serve: Serve, realm: Realm) -> Teller:
    campaigns = Campaigns()
    served = await serve(
        (notices_pb2_grpc.add_NoticesServicer_to_server, campaigns),
        database=machine.parts.database,
        audience="kontor-campaigns",
    )
    token = realm.token("service", sub="service-account-kontor-privacy", azp="kontor-privacy")
    return Teller(machine, campaigns, served.channel(token))
