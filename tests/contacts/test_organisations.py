"""Organisations through their RPCs."""

import pytest
from kontor.contacts.v1 import contacts_pb2

from kernel.errors import (
    NotFound,
)
from tests.contacts.conftest import House, request_id


async def test_organisations_are_listed_by_name(house: House) -> None:
    agent = house.contacts()
    for name in ("Öko AG", "Alpha GmbH", "Zeta KG"):
        await agent.CreateOrganisation(
            contacts_pb2.CreateOrganisationRequest(
                request_id=request_id(), organisation=contacts_pb2.Organisation(name=name, city="Ulm")
            )
        )
    first = await agent.ListOrganisations(contacts_pb2.ListOrganisationsRequest(page_size=2))
    assert [o.name for o in first.organisations] == ["Alpha GmbH", "Öko AG"]
    second = await agent.ListOrganisations(
        contacts_pb2.ListOrganisationsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [o.name for o in second.organisations] == ["Zeta KG"]
    found = await agent.ListOrganisations(contacts_pb2.ListOrganisationsRequest(query="oeko"))
    assert [o.name for o in found.organisations] == ["Öko AG"]
    with pytest.raises(NotFound):
        await agent.GetOrganisation(contacts_pb2.GetOrganisationRequest(organisation_id=request_id()))
