"""Whether an address is on the list says something about somebody: who asks says why, seldom, and leaves a note."""

import asyncio
import uuid

import pytest
from kontor.privacy.v1 import privacy_pb2
from sqlalchemy import text

from kernel.errors import InvalidArgument, PermissionDenied, ResourceExhausted
from services.privacy.suppression.lookups.model import MOST
from services.privacy.suppression.model import Address
from tests.privacy.conftest import Doors
from tests.privacy.parts import Parts

ANNA = "anna@example.org"


def question(value: str = ANNA, *, reason: str = "person-asks") -> privacy_pb2.LookUpSuppressionRequest:
    return privacy_pb2.LookUpSuppressionRequest(
        request_id=str(uuid.uuid4()),
        address=privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value=value),
        reason=reason,
    )


async def test_a_look_is_answered_and_kept_without_the_address(doors: Doors, parts: Parts) -> None:
    await parts.suppression.add_suppression(Address(1, ANNA), reason="bounce")
    officer = doors.suppressions(doors.realm.token("dpo", sub="sabine"))
    assert (await officer.LookUpSuppression(question("Anna@Example.org"))).suppressed
    parts.clock.advance(seconds=1)
    assert not (await officer.LookUpSuppression(question("bert@example.org", reason="audit"))).suppressed
    kept = await officer.ListSuppressionLookUps(privacy_pb2.ListSuppressionLookUpsRequest())
    assert [(one.actor, one.reason, one.suppressed) for one in kept.look_ups] == [
        ("sabine", "audit", False),
        ("sabine", "person-asks", True),
    ]
    async with parts.database.reading() as session:
        rows = (await session.execute(text("SELECT look::text FROM suppression_look_up AS look"))).scalars()
        audited = (
            "SELECT count(*) FROM audit_entry WHERE method LIKE '%LookUpSuppression' AND actor = 'sabine'"
        )
        assert (await session.execute(text(audited))).scalar_one() == 2
        assert "example" not in "".join(rows)


@pytest.mark.parametrize("reason", ["because", "anna@example.org"])
async def test_without_a_reason_nothing_is_said(doors: Doors, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await doors.suppressions(doors.realm.token("dpo")).LookUpSuppression(question(reason=reason))
    assert refused.value.reason == "LOOK_UP_REASON_UNKNOWN"


async def test_nobody_goes_through_an_address_book(doors: Doors, parts: Parts) -> None:
    officer = doors.suppressions(doors.realm.token("dpo", sub="sabine"))
    asked = [officer.LookUpSuppression(question(f"n{n}@example.org")) for n in range(MOST + 5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, ResourceExhausted)]
    assert [each.reason for each in refused] == ["TOO_MANY_LOOK_UPS"] * 5
    # Somebody else may still ask, and so may she after an hour.
    await doors.suppressions(doors.realm.token("admin", sub="ada")).LookUpSuppression(question())
    parts.clock.advance(hours=1, seconds=1)
    await officer.LookUpSuppression(question())


async def test_the_services_door_is_closed_to_people(doors: Doors) -> None:
    address = privacy_pb2.Address(channel=privacy_pb2.CHANNEL_EMAIL, value=ANNA)
    asked = privacy_pb2.CheckSuppressionsRequest(addresses=[address])
    for role in ("dpo", "admin", "manager", "agent", "integrator", "customer"):
        with pytest.raises(PermissionDenied):
            await doors.suppressions(doors.realm.token(role)).CheckSuppressions(asked)
