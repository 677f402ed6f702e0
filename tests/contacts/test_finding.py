"""Whose an address is: found however it is written, for services only, and nobody is made by asking."""

import pytest
from kontor.contacts.v1 import finding_pb2

from kernel.errors import InvalidArgument, PermissionDenied
from tests.contacts.conftest import House


async def ask(house: House, email: str, role: str = "service") -> str:
    answer = await house.finding(role).GetContactByEmail(finding_pb2.GetContactByEmailRequest(email=email))
    return str(answer.contact_id)


@pytest.mark.parametrize("written", ["Jörg.Böhm@BÜCHER.example", "jörg.böhm@bücher.example"])
async def test_an_address_is_found_however_it_is_written(house: House, written: str) -> None:
    made = await house.create(email="Jörg.Böhm@bücher.example")
    assert await ask(house, written) == made.id


async def test_an_unknown_address_is_nobodys_and_stays_so(house: House) -> None:
    for _ in range(2):
        assert await ask(house, "niemand@example.org") == ""
    with pytest.raises(InvalidArgument):
        await ask(house, "niemand")


@pytest.mark.parametrize("role", ["customer", "agent", "marketer", "sales", "dpo", "admin", "integrator"])
async def test_nobody_else_may_ask_whose_an_address_is(house: House, role: str) -> None:
    with pytest.raises(PermissionDenied):
        await ask(house, "anna@example.org", role)
