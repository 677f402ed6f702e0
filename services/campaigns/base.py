"""The declarative base of this service's tables, with the kernel's tables beside them."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from kernel.schema import service_metadata


class Base(DeclarativeBase):
    """Every table of this service."""

    metadata = service_metadata()
