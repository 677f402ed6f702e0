"""A consent's life in tests: Anna gives, is asked, refuses, and what the ledger says of it."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from kontor.privacy.v1 import consent_life_pb2 as life_pb2
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from services.privacy.consent.life.model import Periods
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL, evidence, give_request, text_id
from tests.privacy.parts import Parts
from tests.privacy.test_permits import authorize

ANNA = uuid.UUID("018f0000-0000-7000-8000-00000000a11a")
BERLIN = ZoneInfo("Europe/Berlin")
A_YEAR = Periods(BERLIN, valid={"newsletter": 12}, pause=12)
UNUSED = Periods(BERLIN, unused=24, pause=12)
ADDRESS = "anna@example.org"


async def given(doors: Doors, parts: Parts, contact: uuid.UUID = ANNA, **changes: Any) -> None:
    now = parts.clock.now()
    moments = {"request_time": now, "confirm_time": now, "token_sha256": contact.bytes * 2}
    request = await give_request(parts.database, contact, **{**moments, **changes})
    await doors.consents(doors.as_service()).GiveConsent(request)


async def permit(doors: Doors, contact: uuid.UUID = ANNA, **changes: object) -> str:
    answer = await doors.permits(doors.as_service()).Authorize(authorize({contact: ADDRESS}, **changes))
    return answer.decisions[0].reason


async def preview(doors: Doors, contact: uuid.UUID = ANNA) -> str:
    answer = await doors.permits(doors.as_service()).Preview(authorize({contact: ADDRESS}))
    return answer.decisions[0].reason


async def history(parts: Parts) -> list[tuple[int, str]]:
    """State and method of every record, along the tree."""
    async with parts.database.reading() as session:
        rows = await session.execute(text("SELECT state, method FROM consent_record ORDER BY leaf_index"))
        return [tuple(row) for row in rows]


async def facts(parts: Parts) -> list[str]:
    async with parts.database.reading() as session:
        return list((await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars())


def question(contact: uuid.UUID = ANNA, topic: str = "newsletter") -> life_pb2.AskConsentRequest:
    return life_pb2.AskConsentRequest(
        request_id=str(uuid.uuid4()), contact_id=str(contact), topic=topic, channel=EMAIL, language="de"
    )


async def refusal(parts: Parts, contact: uuid.UUID = ANNA) -> life_pb2.RefuseConsentRequest:
    return life_pb2.RefuseConsentRequest(
        request_id=str(uuid.uuid4()),
        contact_id=str(contact),
        topic="newsletter",
        channel=EMAIL,
        text_id=await text_id(parts.database),
        evidence=evidence(method="portal-login"),
    )


async def known(doors: Doors, contact: uuid.UUID = ANNA) -> privacy_pb2.ListConsentsResponse:
    asked = privacy_pb2.ListConsentsRequest(contact_id=str(contact))
    return await doors.consents(doors.as_service()).ListConsents(asked)
