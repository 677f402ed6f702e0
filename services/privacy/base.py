"""The mapped base of all privacy tables; the kernel's tables live in the same metadata."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from kernel.schema import service_metadata


class Base(DeclarativeBase):
    """Every table of the privacy service."""

    metadata = service_metadata()
