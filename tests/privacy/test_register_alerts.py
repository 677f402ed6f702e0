"""What in the registers asks for somebody: contracts that end, transfers without a footing, reviews that are due."""

import uuid
from datetime import UTC, date, datetime

import pytest

from services.privacy.registers.countries import ADEQUATE, FREE
from services.privacy.registers.model import Version, alerts

TODAY = date(2026, 3, 2)
SOME_TIME = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("register", "content", "expected"),
    [
        ("processors", {"signed_on": "2025-01-01"}, []),
        ("processors", {}, ["unsigned"]),
        ("processors", {"role": "RECIPIENT_ROLE_RECIPIENT"}, []),
        ("processors", {"signed_on": "x", "ends_on": "2026-03-01"}, ["ended"]),
        ("processors", {"signed_on": "x", "ends_on": "2026-03-02"}, ["ends-soon"]),
        ("processors", {"signed_on": "x", "ends_on": "2026-05-31"}, ["ends-soon"]),
        ("processors", {"signed_on": "x", "ends_on": "2026-06-01"}, []),
        ("processors", {"signed_on": "x", "ends_on": "2027-01-01", "notice_on": "2026-04-01"}, ["ends-soon"]),
        (
            "processors",
            {"signed_on": "x", "role": "RECIPIENT_ROLE_SUB_PROCESSOR", "parent_id": "gone"},
            ["parent-missing"],
        ),
        ("processors", {"signed_on": "x", "role": "RECIPIENT_ROLE_SUB_PROCESSOR", "parent_id": "known"}, []),
        ("transfers", {"country": "NO"}, []),
        ("transfers", {"country": "IN"}, ["no-mechanism"]),
        ("transfers", {"country": "CH", "mechanism": "TRANSFER_MECHANISM_ADEQUACY"}, []),
        ("transfers", {"country": "IN", "mechanism": "TRANSFER_MECHANISM_ADEQUACY"}, ["no-adequacy"]),
        (
            "transfers",
            {"country": "IN", "mechanism": "TRANSFER_MECHANISM_STANDARD_CLAUSES"},
            ["no-assessment"],
        ),
        (
            "transfers",
            {
                "country": "IN",
                "mechanism": "TRANSFER_MECHANISM_STANDARD_CLAUSES",
                "assessed_on": "2026-01-01",
            },
            [],
        ),
        ("transfers", {"country": "IN", "mechanism": "TRANSFER_MECHANISM_DEROGATION"}, []),
        ("measures", {"review_on": "2026-03-02"}, ["review-due"]),
        ("measures", {"review_on": "2026-03-03"}, []),
    ],
)
def test_what_asks_for_somebody_is_seen(register: str, content: dict[str, str], expected: list[str]) -> None:
    version = Version(uuid.uuid4(), register, 1, content, "x", SOME_TIME)
    assert alerts(version, today=TODAY, known=["known"]) == expected


def test_a_lapsed_decision_is_seen() -> None:
    content = {"country": "GB", "mechanism": "TRANSFER_MECHANISM_ADEQUACY"}
    version = Version(uuid.uuid4(), "transfers", 1, content, "x", SOME_TIME)
    assert alerts(version, today=date(2031, 12, 27), known=[]) == []
    assert alerts(version, today=date(2031, 12, 28), known=[]) == ["adequacy-lapsed"]


def test_the_area_is_thirty_countries_and_no_decision_is_about_one_of_them() -> None:
    assert len(FREE) == 30
    assert not FREE & {one.country for one in ADEQUATE}
