"""Existing customers, as a shop and staff record them."""

import uuid
from datetime import date, timedelta
from typing import Any

from kontor.privacy.v1 import customers_pb2, holder_pb2, privacy_pb2

from services.privacy.customers.model import (
    Sale,
    Sold,
    lapse,
)
from tests.fixtures.realm import Realm
from tests.privacy.conftest import Doors
from tests.privacy.giving import EMAIL
from tests.privacy.parts import Parts

INTEREST = holder_pb2.BASIS_LEGITIMATE_INTEREST
ADDRESS = "kunde@example.org"


def shop(realm: Realm) -> str:
    """The shop that reports what it sold."""
    return realm.token("integrator", azp="shop", kontor_purposes="marketing", kontor_rate="1000/1000")


def sale(category: str, *, told: bool) -> Sale:
    day = date(2026, 3, 1)
    notice = uuid.uuid4() if told else None
    sold = Sold(category, "R-1", day, day, notice)
    return Sale(uuid.uuid4(), uuid.uuid4(), sold, None, "staff", lapse(day))  # type: ignore[arg-type]


async def notice(doors: Doors, realm: Realm, **changes: Any) -> str:
    values = {"language": "de", "text": "Sie können jederzeit widersprechen …", "in_use_since": "2020-01-01"}
    request = customers_pb2.AddObjectionNoticeRequest(request_id=str(uuid.uuid4()), **{**values, **changes})
    return (await doors.customers(realm.token("dpo")).AddObjectionNotice(request)).id


def told_of(parts: Parts, contact: uuid.UUID, **changes: Any) -> customers_pb2.RecordSaleRequest:
    values = {
        "address": ADDRESS,
        "category": "respirators",
        "reference": "RE-2026/17",
        "sale_date": (parts.clock.now().date() - timedelta(days=10)).isoformat(),
    }
    return customers_pb2.RecordSaleRequest(
        request_id=str(uuid.uuid4()), contact_id=str(contact), **{**values, **changes}
    )


def asked(contact: uuid.UUID, **changes: Any) -> privacy_pb2.AuthorizeRequest:
    address = changes.pop("address", ADDRESS)
    values: dict[str, Any] = {
        "channel": EMAIL,
        "topic": "newsletter",
        "basis": INTEREST,
        "category": "respirators",
        "carries_notice": True,
        "request_id": str(uuid.uuid4()),
        **changes,
    }
    candidate = privacy_pb2.Candidate(contact_id=str(contact), address=address)
    return privacy_pb2.AuthorizeRequest(candidates=[candidate], **values)


async def decided(doors: Doors, contact: uuid.UUID, **changes: Any) -> privacy_pb2.Decision:
    answer = await doors.permits(doors.as_service()).Authorize(asked(contact, **changes))
    return answer.decisions[0]
