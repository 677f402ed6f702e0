"""All tables of the service in one metadata, for migrations and for the DataHolder."""

from __future__ import annotations

import services.privacy.audit.tables
import services.privacy.bases.tables
import services.privacy.consent.life.tables
import services.privacy.consent.tables
import services.privacy.customers.tables
import services.privacy.holds.tables
import services.privacy.ledger.tables
import services.privacy.permits.tables
import services.privacy.processing.tables
import services.privacy.registers.tables
import services.privacy.requests.asking.tables
import services.privacy.requests.blackening.tables
import services.privacy.requests.farewell.tables
import services.privacy.requests.identity.tables
import services.privacy.requests.tables
import services.privacy.restrictions.tables
import services.privacy.retention.tables
import services.privacy.suppression.lookups.tables
import services.privacy.suppression.tables
import services.privacy.texts.tables  # noqa: F401 - each import registers its tables
from services.privacy.base import Base

metadata = Base.metadata
