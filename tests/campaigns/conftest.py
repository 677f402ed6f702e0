"""The campaigns service wired like its composition root does, between real neighbours' contracts and a real sink."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from kernel.channel import service_channel
from kernel.clock import Clock, SystemClock
from kernel.db import Database
from services.campaigns.__main__ import Sending, UseCases, make_sending, make_use_cases
from services.campaigns.audiences import model as audiences
from services.campaigns.campaigns import model as campaigns
from services.campaigns.campaigns.jobs import Freeze
from services.campaigns.clients import ContactsClient, Neighbours, PrivacyClient
from services.campaigns.config import Settings
from services.campaigns.sender.relay import Relay
from services.campaigns.tables import metadata
from services.campaigns.templates.model import Draft
from tests.campaigns.neighbours import TOPIC, World, serving
from tests.campaigns.sink import Sink, sinking
from tests.fixtures.serving import FixedToken, OpenDatabase

MJML = (
    "<mjml><mj-body><mj-section><mj-column>"
    "<mj-text>{{ salutation }}, schöne Grüße an {{ given_name }}!</mj-text>"
    '<mj-button href="{{ preferences_url }}">Einstellungen</mj-button>'
    '<mj-text><a href="{{ unsubscribe_url }}">Abbestellen</a></mj-text>'
    "</mj-column></mj-section></mj-body></mjml>"
)
SECRET = "a secret of the tests, long enough"


def make_settings(*, target: str, smtp_port: int, evidence_url: str, **changes: Any) -> Settings:
    """Settings of a sender between the test's neighbours and its sink."""
    values: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "database_url": "unused",
        "oidc_issuer": "http://127.0.0.1:1/realms/kontor",
        "client_id": "kontor-campaigns",
        "client_secret": "unused",
        "secret_key": SECRET,
        "nats_url": "unused",
        "audience": "kontor-campaigns",
        "signing_key": "unused",
        "contacts_target": target,
        "privacy_target": target,
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp_port,
        "mail_from": "Grüne Gärten GmbH <post@gaerten.example>",
        "portal_url": "https://portal.example/",
        "relay_evidence_url": evidence_url,
        "settle_s": 0.2,
    }
    return Settings(**(values | changes))


@dataclass
class House:
    """One process of the service. `fresh()` is the next one, after a crash or a stop."""

    database: Database
    settings: Settings
    neighbours: Neighbours
    clock: Clock
    world: World
    sink: Sink

    def __post_init__(self) -> None:
        self._relays: list[Relay] = []
        self.fresh()

    def fresh(self, **changes: Any) -> "House":
        """A new incarnation of everything that lives in memory."""
        self.settings = self.settings.model_copy(update=changes)
        parts: dict[str, Any] = {"neighbours": self.neighbours, "clock": self.clock}
        self.use_cases: UseCases = make_use_cases(self.settings, self.database, **parts)
        self.sending: Sending = make_sending(self.settings, self.database, self.use_cases, **parts)
        self._relays.append(self.sending.relay)
        self.freeze = Freeze(
            self.database,
            audiences=self.use_cases.audiences,
            contacts=self.neighbours.contacts,
            messages=self.use_cases.messages,
            on_page=lambda: None,
        )
        return self

    async def close(self) -> None:
        """Hangs up, for every incarnation."""
        for relay in self._relays:
            await relay.close()
        # Transports are closed one turn of the loop later.
        await asyncio.sleep(0.01)

    async def campaign(
        self, *, subject: str = "Neues für {{ given_name }}", city: str = "", category: str = ""
    ) -> campaigns.Campaign:
        """A draft campaign to everybody (in a city)."""
        template = await self.use_cases.templates.create_template(Draft("Vorlage", subject, MJML, "de"))
        chosen = audiences.Filter(city=city)
        audience = await self.use_cases.audiences.create_audience(audiences.Draft("Alle", TOPIC, chosen))
        draft = campaigns.Draft("Frühling", "", template.id, audience.id, category)
        return (await self.use_cases.campaigns.create_campaign(draft)).campaign

    async def started(self, **how: Any) -> campaigns.Campaign:
        """A campaign whose audience is frozen."""
        campaign = await self.campaign(**how)
        await self.use_cases.campaigns.start_campaign(campaign.id)
        await self.freeze.run()
        return campaign

    async def states(self) -> dict[str, int]:
        """Messages by state."""
        return {
            row.state: row.n for row in await self.rows("SELECT state, count(*) n FROM message GROUP BY 1")
        }

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """What a query finds."""
        async with self.database.reading() as session:
            return list((await session.execute(text(query), values)).all())

    async def facts(self, subject: str) -> int:
        """How many facts of a subject were recorded."""
        (row,) = await self.rows("SELECT count(*) n FROM outbox WHERE subject = :subject", subject=subject)
        return int(row.n)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    async with sinking(tmp_path / "mail") as running:
        yield running


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    return open_database("campaigns", metadata)


@pytest.fixture
async def house(database: Database, world: World, sink: Sink) -> AsyncIterator[House]:
    async with serving(world) as target:
        channel = service_channel(target, FixedToken("token of a test"), callee="any")
        neighbours = Neighbours(ContactsClient(channel), PrivacyClient(channel))
        settings = make_settings(target=target, smtp_port=sink.smtp_port, evidence_url=sink.evidence_url)
        running = House(database, settings, neighbours, SystemClock(), world, sink)
        yield running
        await running.close()
        await channel.close()
