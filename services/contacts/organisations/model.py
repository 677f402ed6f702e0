"""Values of organisations."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from kernel.errors import NotFound


class OrganisationNotFound(NotFound):
    """No such organisation."""

    def __init__(self) -> None:
        super().__init__("There is no such organisation.")


class OrganisationView(NamedTuple):
    """An organisation as it is read; the order is that of the statement in the store."""

    id: uuid.UUID
    name: str
    website: str
    city: str
    created_at: datetime
    contact_count: int
    name_key: str
