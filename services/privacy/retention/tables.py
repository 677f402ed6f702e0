"""Tables of retention: one row for each day's run, one for each dataset in which something was overdue."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Float, ForeignKey, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped

from kernel.deletion import LIMITATION, LIMITATION_LAW, after
from kernel.personal import dataset, plain
from services.privacy.base import Base


class RetentionRun(Base):
    """The run of one day. Numbers of rows, never a row."""

    __tablename__ = "retention_run"
    id: Mapped[uuid.UUID] = plain(Uuid, primary_key=True)
    # In the controller's calendar; two replicas, or a second turn, find the day's run and go on with it.
    day: Mapped[date] = plain(Date, unique=True)
    started_at: Mapped[datetime] = plain(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    waiting_for: Mapped[list[str]] = plain(ARRAY(Text))
    __table_args__ = (
        dataset(
            deletion_class=after("run", LIMITATION, starts="started_at", law=LIMITATION_LAW),
            since="started_at",
        ),
    )


class RetentionResult(Base):
    """What the run found and deleted in one dataset of one holder."""

    __tablename__ = "retention_result"
    run_id: Mapped[uuid.UUID] = plain(ForeignKey("retention_run.id"), primary_key=True)
    holder: Mapped[str] = plain(Text, primary_key=True)
    dataset_name: Mapped[str] = plain("dataset", Text, primary_key=True)
    deletion_class: Mapped[str] = plain(Text)
    outcome: Mapped[int] = plain(SmallInteger)
    overdue: Mapped[int] = plain(BigInteger)
    exempt: Mapped[int] = plain(BigInteger)
    total: Mapped[int] = plain(BigInteger)
    rows: Mapped[int] = plain(BigInteger, server_default="0")
    oldest: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    newest: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    seconds: Mapped[float] = plain(Float, server_default="0")
    approved_at: Mapped[datetime | None] = plain(DateTime(timezone=True), nullable=True)
    __table_args__ = (
        dataset(
            deletion_class=after("run", LIMITATION, starts="run_id -> retention_run", law=LIMITATION_LAW)
        ),
    )
