"""Bases for the survey: what counts as one here, and that a walk along everybody leaves nobody out."""

from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import bases_pb2
from sqlalchemy import text

from services.contacts.bases.rpc import SubjectBasesRpc
from services.contacts.bases.service import BasesService
from tests.contacts.conftest import House, request_id


async def walk(house: House, size: int) -> dict[str, bool]:
    """Everybody, a page at a time."""
    rpc, found = SubjectBasesRpc(BasesService(house.database)), {}
    asked = bases_pb2.ListSubjectBasesRequest(page_size=size)
    while subjects := (await rpc.ListSubjectBases(asked, None)).subjects:
        assert len(subjects) <= size
        found.update({each.contact_id: each.has_basis for each in subjects})
        assert all(each.create_time.seconds and each.source == "staff" for each in subjects)
        asked.after_id = subjects[-1].contact_id
    return found


async def test_a_login_and_a_role_are_a_basis_and_a_login_that_was_taken_away_is_none(house: House) -> None:
    firm = await house.contacts().CreateOrganisation(
        contacts_pb2.CreateOrganisationRequest(
            request_id=request_id(), organisation=contacts_pb2.Organisation(name="Muster GmbH")
        )
    )
    role = contacts_pb2.Relation(organisation_id=firm.id, role="Einkauf")
    bare, employed = await house.create(), await house.create(relations=[role])
    logged_in, removed = await house.create(), await house.create()
    async with house.database.begin() as session:
        for subject, contact, taken in (("in", logged_in, None), ("out", removed, "2026-11-01T00:00:00Z")):
            await session.execute(
                text(
                    "INSERT INTO login (subject, contact_id, removed_at) "
                    "VALUES (:subject, CAST(:contact AS uuid), CAST(CAST(:taken AS text) AS timestamptz))"
                ),
                {"subject": subject, "contact": contact.id, "taken": taken},
            )
    for size in (1, 3, 10_000):
        assert await walk(house, size) == {
            bare.id: False,
            employed.id: True,
            logged_in.id: True,
            removed.id: False,
        }
