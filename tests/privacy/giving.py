"""Requests to give and withdraw consent, as campaigns and the portal send them."""

import hashlib
import uuid
from datetime import UTC, datetime

from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import select

from kernel.clock import to_timestamp
from kernel.db import Database
from services.privacy.consent.tables import ConsentText

EMAIL = privacy_pb2.CHANNEL_EMAIL
REQUESTED_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CONFIRMED_AT = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)


async def text_id(database: Database, topic: str = "newsletter", language: str = "de") -> str:
    async with database.reading() as session:
        statement = select(ConsentText.id).where(ConsentText.topic == topic, ConsentText.language == language)
        return str((await session.execute(statement)).scalar_one())


def evidence(**changes: object) -> privacy_pb2.Evidence:
    values: dict[str, object] = {
        "form_url": "https://portal.example/newsletter",
        "language": "de",
        "request_time": to_timestamp(REQUESTED_AT),
        "confirm_time": to_timestamp(CONFIRMED_AT),
        "mail_sha256": hashlib.sha256(b"mail").digest(),
        "token_sha256": hashlib.sha256(b"token").digest(),
        "request_ip": "192.0.2.7",
        "confirm_ip": "192.0.2.8",
        "method": "double-opt-in",
    }
    return privacy_pb2.Evidence(**{**values, **changes})  # type: ignore[arg-type]


async def give_request(
    database: Database, contact_id: uuid.UUID, *, topic: str = "newsletter", **changes: object
) -> privacy_pb2.GiveConsentRequest:
    return privacy_pb2.GiveConsentRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(contact_id),
        topic=topic,
        channel=EMAIL,
        text_id=await text_id(database, topic),
        evidence=evidence(**changes),
    )


def withdraw_request(
    contact_id: uuid.UUID, *, topic: str = "newsletter"
) -> privacy_pb2.WithdrawConsentRequest:
    return privacy_pb2.WithdrawConsentRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(contact_id),
        topic=topic,
        channel=EMAIL,
        method="one-click",
    )
