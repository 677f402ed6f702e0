"""Bases for the survey: whoever has a ticket, each once."""

import uuid

from kontor.privacy.v1 import bases_pb2

from services.tickets.bases.rpc import SubjectBasesRpc
from services.tickets.bases.service import BasesService
from tests.tickets.conftest import Desk, opening


async def test_whoever_has_a_ticket_is_told_once(desk: Desk) -> None:
    for contact in (desk.anna, desk.ben, desk.anna):
        await desk.staff().CreateTicket(opening(contact))
    rpc = SubjectBasesRpc(BasesService(desk.database))
    everybody = await rpc.ListSubjectBases(bases_pb2.ListSubjectBasesRequest(page_size=10), None)
    ordered = sorted((desk.anna, desk.ben), key=uuid.UUID)
    assert [each.contact_id for each in everybody.subjects] == ordered
    assert all(each.has_basis for each in everybody.subjects)
    asked = bases_pb2.ListSubjectBasesRequest(page_size=1, after_id=ordered[0])
    assert [each.contact_id for each in (await rpc.ListSubjectBases(asked, None)).subjects] == ordered[1:]
