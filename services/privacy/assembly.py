"""What the process and its commands are made of alike: channels, holders, the ledger, the suppression list."""

from __future__ import annotations

from kernel.clock import SystemClock
from kernel.lifecycle import Backend
from services.privacy.clients import HOLDERS, HolderClient
from services.privacy.config import Settings
from services.privacy.ledger.service import LedgerService, Outside
from services.privacy.requests.deadline import Deadline
from services.privacy.requests.sealing import Seal
from services.privacy.requests.working import Desk
from services.privacy.suppression.model import Hasher
from services.privacy.suppression.service import SuppressionService
from services.privacy.wiring import Channels


def make_ledger(backend: Backend, settings: Settings) -> LedgerService:
    """The ledger with all its copies."""
    outside = Outside(settings.ledger_export_folder, settings.former_ledger_keys)
    return LedgerService(backend.database, backend.bus, backend.signer, SystemClock(), outside=outside)


def make_suppression(backend: Backend, settings: Settings) -> SuppressionService:
    """The suppression list under its keys."""
    return SuppressionService(backend.database, make_hasher(settings), SystemClock())


def make_deadline(settings: Settings) -> Deadline:
    """The clock of this controller."""
    return Deadline(state=settings.controller_state, timezone=settings.controller_timezone)


def make_hasher(settings: Settings) -> Hasher:
    peppers = {key_id: pepper.get_secret_value() for key_id, pepper in settings.suppression_peppers.items()}
    return Hasher(peppers, current=settings.suppression_key_id)


def make_channels(backend: Backend, settings: Settings) -> Channels:
    """A channel to every holder, this process among them."""
    return {
        "contacts": backend.channel(settings.contacts_target, to="contacts"),
        "campaigns": backend.channel(settings.campaigns_target, to="campaigns"),
        "tickets": backend.channel(settings.tickets_target, to="tickets"),
        "privacy": backend.channel(settings.own_target, to="privacy"),
    }


def make_desk(backend: Backend, settings: Settings, channels: Channels) -> Desk:
    """The four holders, and how the addresses of somebody who is being erased are kept."""
    return Desk(
        backend.database,
        SystemClock(),
        holders=[HolderClient.over(name, channels[name]) for name in HOLDERS],
        seal=Seal(settings.secret_keys),
    )
