"""Ids in order: one by one or many at once, they never go back and never come twice."""

from __future__ import annotations

import uuid

from kernel.ids import new_id, new_ids


def test_many_at_once_stand_between_those_made_before_and_after() -> None:
    before, many, after = new_id(), new_ids(5_000), new_id()
    assert [before, *many, after] == sorted([before, *many, after])
    assert len(set(many)) == 5_000
    assert new_ids(0) == []


def test_both_are_uuids_of_version_seven() -> None:
    for each in (new_id(), *new_ids(50)):
        assert isinstance(each, uuid.UUID)
        assert (each.version, each.variant) == (7, uuid.RFC_4122)
        assert uuid.UUID(str(each)) == each
