"""The tree over consent records: cheap to append, equal to RFC 6962, and it notices every edit."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pymerkle import InmemoryTree

from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.merkle import EMPTY_ROOT, Frontier, leaf_hash
from tests.fixtures.overdue import delete_overdue
from tests.privacy.conftest import Doors
from tests.privacy.giving import give_request
from tests.privacy.parts import Parts


@pytest.mark.parametrize("count", [*range(1, 18), 100, 257])
def test_root_equals_that_of_an_independent_implementation(count: int) -> None:
    contents = [f"record {number}".encode() for number in range(count)]
    other = InmemoryTree(algorithm="sha256")
    for content in contents:
        other.append_entry(content)
    ours = Frontier()
    for content in contents:
        ours = ours.append(leaf_hash(b"", content))
    assert ours.root == other.get_root()
    assert ours.size == count
    assert len(ours.nodes) == count.bit_count()


def test_empty_tree_has_the_root_of_the_rfc() -> None:
    assert Frontier().root == EMPTY_ROOT


def test_salt_hides_the_content() -> None:
    assert leaf_hash(b"a" * 16, b"same") != leaf_hash(b"b" * 16, b"same")


@pytest.fixture
async def jobs(doors: Doors, parts: Parts) -> ConsentJobs:
    consents = doors.consents(doors.as_service())
    for _ in range(3):
        await consents.GiveConsent(await give_request(parts.database, uuid.uuid4()))
    return ConsentJobs(parts.database, Silent(), parts.clock)  # type: ignore[arg-type]


class Silent:
    """A ledger that signs and publishes into a list."""

    def __init__(self) -> None:
        self.published: list[str] = []

    def signed_statement(self, content: Any) -> str:
        return str(content)

    async def publish(self, kind: str, statement_id: str, statement: str) -> None:
        self.published.append(statement_id)


async def test_an_untouched_ledger_has_no_damage(jobs: ConsentJobs) -> None:
    assert await jobs.damages() == []


async def test_an_edit_by_the_owner_of_the_database_is_found(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consent_record SET confirm_time = now() WHERE leaf_index = 3")
    assert await jobs.damages() == [3]


async def test_an_edit_that_also_forges_the_leaf_contradicts_the_signed_head(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    await jobs.publish_tree_head()
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM consent_salt")
        owner.execute("UPDATE consent_record SET leaf_hash = sha256('forged') WHERE leaf_index = 3")
    assert await jobs.damages() == [5]


async def test_records_cut_off_at_the_end_contradict_the_signed_head(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    await jobs.publish_tree_head()
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM consent_record WHERE leaf_index = 5")
    assert await jobs.damages() == [5]


async def test_a_leaf_whose_salt_was_erased_leaves_the_others_provable(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("DELETE FROM consent_salt WHERE record_id = (SELECT id FROM consent_record LIMIT 1)")
    assert await jobs.damages() == []


async def test_one_head_a_day_and_only_if_the_tree_has_grown(
    doors: Doors, parts: Parts, jobs: ConsentJobs
) -> None:
    silent: Silent = jobs._ledger  # type: ignore[assignment]
    await jobs.publish_tree_head()
    await jobs.publish_tree_head()
    assert silent.published == ["consent-head-6"]
    parts.clock.advance(days=1)
    await jobs.publish_tree_head()
    assert silent.published == ["consent-head-6"]
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, uuid.uuid4()))
    await jobs.publish_tree_head()
    assert silent.published == ["consent-head-6", "consent-head-8"]


async def test_network_addresses_go_after_ninety_days(jobs: ConsentJobs, parts: Parts) -> None:
    from sqlalchemy import text

    async def kept() -> int:
        async with parts.database.reading() as session:
            return int((await session.execute(text("SELECT count(*) FROM consent_ip"))).scalar_one())

    parts.clock.advance(days=89)
    await delete_overdue(parts.database, parts.clock)
    assert await kept() == 6
    parts.clock.advance(days=2)
    await delete_overdue(parts.database, parts.clock)
    assert await kept() == 0
