"""The declarative base of this service's tables, with the kernel's own tables beside them."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from kernel.schema import service_metadata


class Base(DeclarativeBase):
    """Every mapped class of the contacts service."""

    metadata = service_metadata()
