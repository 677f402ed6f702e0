"""The use cases of the service over one database, and the peppers that the tests use."""

import base64
import hashlib
import uuid
from dataclasses import dataclass, field

from kernel.db import Database
from services.privacy.consent.life.lapsing import Lapsing
from services.privacy.consent.life.service import LifeService
from services.privacy.consent.service import ConsentService
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.permits.service import PermitService
from services.privacy.suppression.model import Address, Hasher
from services.privacy.suppression.service import SuppressionService
from tests.fixtures.clock import FakeClock


def pepper(name: str) -> str:
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


@dataclass
class Parts:
    """Use cases over one database."""

    database: Database
    clock: FakeClock
    consents: ConsentService
    suppression: SuppressionService
    permits: PermitService
    hasher: Hasher
    lapsing: Lapsing
    life: LifeService
    customers: ExistingCustomers
    restricted: set[uuid.UUID] = field(default_factory=set)
    # What contacts has on file, by contact.
    on_file: dict[uuid.UUID, list[Address]] = field(default_factory=dict)

    async def addresses_of(self, contact_id: uuid.UUID) -> list[Address]:
        return self.on_file.get(contact_id, [])
