"""All tables of this service, for migrations and the data holder."""

from __future__ import annotations

from services.tickets.base import Base
from services.tickets.messages.tables import MessageRow
from services.tickets.tickets.tables import TicketRow

metadata = Base.metadata

__all__ = ["MessageRow", "TicketRow", "metadata"]
