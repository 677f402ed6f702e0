"""Stage access: the rule on the RPC decides; a stranger's id is not even confirmed."""

import uuid
from dataclasses import replace
from typing import Any

import grpc
import pytest
from kontor.options.v1 import options_pb2
from kontor.tickets.v1 import tickets_pb2, tickets_pb2_grpc
from sqlalchemy import Column

from kernel.contract import Scope, scopes
from kernel.errors import DomainError, Internal, NotFound, PermissionDenied
from kernel.identity import Principal
from kernel.rpc.authorize import authorize_stage
from kernel.rpc.call import Call, Method
from kernel.rpc.rows import Rows
from tests.fixtures.serving import OwnContacts
from tests.kernel.conftest import Sample
from tests.kernel.sample import count, creation

CREATE = Method.of(tickets_pb2.DESCRIPTOR.services_by_name["Tickets"].methods_by_name["CreateTicket"])


async def test_without_a_token_nothing_happens(sample: Sample) -> None:
    stub = tickets_pb2_grpc.TicketsStub(sample.served.bare_channel())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.CreateTicket(creation())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert sample.rpc.calls == 0


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "abc"])
async def test_another_kind_of_credential_is_refused(sample: Sample, header: str) -> None:
    stub = tickets_pb2_grpc.TicketsStub(sample.served.bare_channel())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.CreateTicket(creation(), metadata=(("authorization", header),))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("roles", [[], ["marketer"], ["dpo"], ["admin-of-something-else"]])
async def test_a_missing_role_is_refused_before_the_handler(sample: Sample, roles: list[str]) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await sample.client(*roles).CreateTicket(creation())
    assert refused.value.reason == "ROLE_MISSING"
    assert sample.rpc.calls == 0


async def test_one_of_the_roles_is_enough(sample: Sample) -> None:
    await sample.client("dpo", "agent").CreateTicket(creation())
    assert sample.rpc.calls == 1


async def test_customers_reach_their_own_contact(sample: Sample) -> None:
    own = uuid.uuid4()
    sample.own.contacts["anna"] = own
    anna = sample.with_token(sample.realm.token("customer", sub="anna"))
    await anna.CreateTicket(creation(contact_id=str(own)))
    with pytest.raises(NotFound) as foreign:
        await anna.CreateTicket(creation())
    assert foreign.value.reason == "CONTACT_NOT_FOUND"
    assert await count(sample.database, "note") == 1


async def test_a_login_without_contact_owns_nothing(sample: Sample) -> None:
    with pytest.raises(NotFound):
        await sample.client("customer").CreateTicket(creation())


async def test_staff_who_are_customers_too_act_as_staff(sample: Sample) -> None:
    await sample.client("customer", "agent").CreateTicket(creation())
    assert sample.rpc.calls == 1


async def test_who_is_a_customer_too_acts_as_one_where_only_customers_are_admitted(sample: Sample) -> None:
    # Marketing may not open tickets; a marketer who is a customer opens the own ones only.
    sample.own.contacts["lea"] = own = uuid.uuid4()
    lea = sample.with_token(sample.realm.token("customer", "marketer", sub="lea"))
    with pytest.raises(NotFound):
        await lea.CreateTicket(creation())
    await lea.CreateTicket(creation(contact_id=str(own)))


async def test_a_use_case_that_forgets_to_narrow_its_rows_answers_nothing(sample: Sample) -> None:
    sample.own.contacts["anna"] = uuid.uuid4()
    anna = sample.with_token(sample.realm.token("customer", sub="anna"))
    asked = tickets_pb2.GetTicketRequest(ticket_id=str(uuid.uuid4()))
    await anna.GetTicket(asked)
    sample.rpc.forgetful = True
    with pytest.raises(Internal) as forgotten:
        await anna.GetTicket(asked)
    assert forgotten.value.reason == "ROWS_NOT_NARROWED"
    await sample.client("agent").GetTicket(asked)


async def test_a_login_without_contact_has_no_rows(sample: Sample) -> None:
    with pytest.raises(PermissionDenied) as nobody:
        await sample.client("customer").GetTicket(tickets_pb2.GetTicketRequest(ticket_id=str(uuid.uuid4())))
    assert nobody.value.reason == "LOGIN_NOT_LINKED"


async def test_a_team_reaches_what_the_finder_says_and_learns_of_nothing_else() -> None:
    access = options_pb2.Access(roles=["sales"], own="contact_id")
    access.rows.add(role="sales", scope=options_pb2.SCOPE_TEAM)
    method = replace(CREATE, access=access, roles=frozenset({"sales"}), scopes=scopes(access))
    own, ours = OwnContacts(), uuid.uuid4()
    own.of_team.add(ours)
    assert await outcome(method, creation(contact_id=str(ours)), role="sales", own=own) == "reached"
    assert await outcome(method, creation(), role="sales", own=own) == "CONTACT_NOT_FOUND"
    assert await outcome(method, creation(contact_id="?"), role="sales", own=own) == "CONTACT_NOT_FOUND"


def test_rows_without_a_team_cannot_be_narrowed_to_one() -> None:
    with pytest.raises(Internal):
        Rows(Scope.TEAM, login="nora").condition(contact=Column("contact_id"))


async def test_an_rpc_without_a_rule_is_refused() -> None:
    assert await outcome(replace(CREATE, access=None)) == "NO_ACCESS_RULE"


async def test_only_a_public_rpc_needs_no_token() -> None:
    assert await outcome(replace(CREATE, access=options_pb2.Access(public=True))) == "reached"
    assert await outcome(CREATE) == "TOKEN_MISSING"


async def outcome(
    method: Method, request: Any = None, *, role: str = "", own: OwnContacts | None = None
) -> str:
    """Where a call ends; without a role it comes without a token."""

    async def reached(_call: Call, _request: Any) -> str:
        return "reached"

    principal = Principal("nora", "c", frozenset({role}), token="t", expires_at=0) if role else None
    call = Call(method=method, context=None, metadata={}, principal=principal)  # type: ignore[arg-type]
    try:
        return str(await authorize_stage(own or OwnContacts())(call, request or creation(), reached))
    except DomainError as error:
        return error.reason


def within(client: str, *roles: str, own: str = "") -> Any:
    """The rule of an RPC that only services may call, and `client` inside the calls of others."""
    access = options_pb2.Access(roles=["service"], within=[client], own=own)
    return replace(CREATE, access=access, roles=frozenset({"service"}), within=frozenset({client}))


async def passes(method: Method, own: OwnContacts, *, roles: set[str], client: str, contact_id: str) -> bool:
    principal = Principal(subject="anna", client=client, roles=frozenset(roles), token="", expires_at=0.0)
    call = Call(method, None, {}, principal=principal)  # type: ignore[arg-type]

    async def reached(call: Call, request: Any) -> bool:
        return True

    return bool(await authorize_stage(own)(call, creation(contact_id=contact_id), reached))


@pytest.mark.parametrize(
    ("roles", "client"),
    [
        ({"agent"}, "kontor-gateway"),
        ({"customer"}, "kontor-portal"),
        ({"customer"}, "kontor-tickets"),
        ({"agent", "dpo"}, ""),
        (set(), "kontor-contacts-2"),
    ],
)
async def test_a_service_only_rpc_stays_shut_for_everybody_elses_tokens(roles: set[str], client: str) -> None:
    with pytest.raises(PermissionDenied):
        await passes(
            within("kontor-contacts"), OwnContacts(), roles=roles, client=client, contact_id=str(uuid.uuid4())
        )


async def test_the_named_service_calls_it_for_a_user_and_the_user_stays_who_they_are() -> None:
    mine = uuid.uuid4()
    own, method = OwnContacts({"anna": mine}), within("kontor-contacts", own="contact_id")
    anna = {"roles": {"customer"}, "client": "kontor-contacts"}
    assert await passes(method, own, **anna, contact_id=str(mine))  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await passes(method, own, **anna, contact_id=str(uuid.uuid4()))  # type: ignore[arg-type]
