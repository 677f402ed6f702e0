"""The declarative base of this service's tables."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from kernel.schema import service_metadata


class Base(DeclarativeBase):
    """Every mapped class of the tickets service; the kernel's tables are in the same metadata."""

    metadata = service_metadata()
