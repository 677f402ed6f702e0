"""The tree over consent records: cheap to append, equal to RFC 6962, and it notices every edit."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pymerkle import InmemoryTree

from services.privacy.consent.jobs import ConsentJobs
from services.privacy.consent.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    Root,
    consistency_path,
    hash_of,
    inclusion_path,
    is_consistent,
    leaf_hash,
    root_from,
)
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


def grown(count: int) -> tuple[list[bytes], dict[Node, bytes], list[Root]]:
    """Leaves, all subtrees and the root at every size."""
    leaves = [leaf_hash(b"", f"record {number}".encode()) for number in range(count)]
    known = {Node(0, index): leaf for index, leaf in enumerate(leaves)}
    tree, roots = Frontier(), [Root(0, EMPTY_ROOT)]
    for leaf in leaves:
        tree, filled = tree.grow(leaf)
        known |= filled
        roots.append(Root(tree.size, tree.root))
    return leaves, known, roots


def test_every_leaf_has_a_path_to_every_root_that_covers_it_and_to_no_other() -> None:
    leaves, known, roots = grown(40)
    for size in range(1, 41):
        for index in range(size):
            path = [hash_of(span, known) for span in inclusion_path(index, size)]
            assert root_from(leaves[index], index, size, path) == roots[size].hash
            assert root_from(b"x" * 32, index, size, path) != roots[size].hash
            assert root_from(leaves[index], index ^ 1, size, path) != roots[size].hash
            assert root_from(leaves[index], index, size, [*path, b"x" * 32]) is None
            assert not path or root_from(leaves[index], index, size, path[:-1]) != roots[size].hash
    assert root_from(leaves[0], 5, 5, []) is None


def test_every_earlier_tree_is_proven_to_be_the_beginning_of_every_later_one() -> None:
    _, known, roots = grown(40)
    for new in range(1, 41):
        for old in range(1, new + 1):
            path = [hash_of(span, known) for span in consistency_path(old, new)]
            assert is_consistent(roots[old], roots[new], path)
            forged = Root(old, b"x" * 32)
            assert not is_consistent(forged, roots[new], path)
            assert not is_consistent(roots[old], Root(new, b"x" * 32), path)
            assert not is_consistent(roots[old], roots[new], [*path, b"x" * 32])
            assert not path or not is_consistent(roots[old], roots[new], path[:-1])
    assert not is_consistent(roots[0], roots[1], [])


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
        owner.execute("UPDATE consent_record SET leaf_hash = sha256('forged') WHERE leaf_index = 3")
    assert await jobs.damages() == [3, 5]


async def test_a_record_without_its_salt_is_no_way_around_the_check(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "DELETE FROM consent_salt WHERE record_id = (SELECT id FROM consent_record WHERE leaf_index = 3)"
        )
        owner.execute("UPDATE consent_record SET confirm_time = now() WHERE leaf_index = 3")
    assert await jobs.damages() == [3]


async def test_records_cut_off_at_the_end_contradict_the_signed_head(
    jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    await jobs.publish_tree_head()
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM consent_record WHERE leaf_index = 5")
    assert await jobs.damages() == [5]


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


async def test_between_the_daily_checks_only_new_leaves_are_read(
    doors: Doors, parts: Parts, jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    await jobs.publish_tree_head()
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consent_record SET confirm_time = now() WHERE leaf_index = 3")
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, uuid.uuid4()))
    parts.clock.advance(hours=12)
    await jobs.publish_tree_head()
    assert (jobs._whole.size, jobs._all_at is not None) == (8, True)
    # An old record is looked at again within a day, and nothing is signed until it is put right.
    parts.clock.advance(hours=12)
    await jobs.publish_tree_head()
    await jobs.publish_tree_head()
    assert jobs._ledger.published == ["consent-head-6"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE consent_record SET confirm_time = now() WHERE leaf_index = 7",
        "UPDATE consent_record SET leaf_hash = sha256('forged') WHERE leaf_index = 6",
        "DELETE FROM consent_record WHERE leaf_index = 7",
        "UPDATE consent_tree SET size = 5",
        "UPDATE consent_tree SET frontier = ARRAY[sha256('a'), sha256('b')], size = 6",
    ],
)
async def test_an_edit_of_what_is_new_or_of_the_tree_itself_is_found_at_the_next_turn(
    doors: Doors, parts: Parts, jobs: ConsentJobs, postgres_admin: Callable[[str], Any], edit: str
) -> None:
    await jobs.publish_tree_head()
    await doors.consents(doors.as_service()).GiveConsent(await give_request(parts.database, uuid.uuid4()))
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(edit)
    parts.clock.advance(hours=12)
    await jobs.publish_tree_head()
    assert jobs._all_at is None
    assert jobs._ledger.published == ["consent-head-6"]  # type: ignore[attr-defined]


async def test_an_old_edit_is_found_by_the_next_day_though_nothing_is_recorded_any_more(
    parts: Parts, jobs: ConsentJobs, postgres_admin: Callable[[str], Any]
) -> None:
    await jobs.publish_tree_head()
    with postgres_admin("privacy") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE consent_record SET confirm_time = now() WHERE leaf_index = 0")
    parts.clock.advance(hours=12)
    await jobs.publish_tree_head()
    assert jobs._all_at is not None
    parts.clock.advance(hours=12)
    await jobs.publish_tree_head()
    assert jobs._all_at is None


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
