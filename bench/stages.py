"""Where the time of a call goes: every stage of the house around the real use case, timed one by one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from time import perf_counter
from typing import Any

from google.protobuf import descriptor_pool
from kontor.contacts.v1 import contacts_pb2

from kernel.audit import AuditLog
from kernel.db import Database
from kernel.identity import Principal, TokenVerifier
from kernel.rpc.call import Call, Method, Proceed, Stage
from kernel.rpc.chain import house_stages
from kernel.rpc.server import compose
from services.contacts.people.rpc import PeopleRpc
from services.contacts.people.service import PeopleService
from services.contacts.tables import metadata

CALLS = 2_000
NAMES = ("trace", "errors", "identity", "allowance", "access", "idempotency", "validation", "audit")


class _Nobody:
    """No customer calls here."""

    async def contact_of(self, principal: Principal) -> None:
        return None

    async def is_of_team(self, principal: Principal, contact_id: uuid.UUID) -> bool:
        return False

    def forget_login(self, subject: str) -> None:
        """Nothing is remembered."""

    async def colleagues_of(self, principal: Principal) -> frozenset[uuid.UUID]:
        return frozenset()


class _Context:
    """Stands for gRPC's context, which the stages only use to abort."""

    async def abort(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the measured call failed")


async def stage_costs(env: dict[str, str], bearer: str, ids: list[str]) -> dict[str, float]:
    """Stage → microseconds of its own per call, and `use case` for what is inside all of them.

    Measured with one call at a time, so that nothing waits for anything; under load the reads of
    calls that arrive together share a statement and the use case costs less.
    """
    database = Database(env["KONTOR_DATABASE_URL"], metadata=metadata)
    audit = AuditLog(database)
    verifier = TokenVerifier(issuer=env["KONTOR_OIDC_ISSUER"], audience=env["KONTOR_AUDIENCE"])
    stages = house_stages(verifier=verifier, own_contact=_Nobody(), database=database, audit=audit)
    spent: defaultdict[str, float] = defaultdict(float)
    # Reading a contact asks nobody else.
    service = PeopleService(database, suppressions=None, organisations=None, erasures=None)  # type: ignore[arg-type]
    people = PeopleRpc(service, pages=None, finder=_Nobody())  # type: ignore[arg-type]

    async def use_case(call: Call, request: Any) -> Any:
        started = perf_counter()
        answer = await people.GetContact(request, call.context)
        spent["use case"] += perf_counter() - started
        return answer

    chain = compose([_timed(name, stage, spent) for name, stage in zip(NAMES, stages, strict=True)], use_case)
    method = Method.of(descriptor_pool.Default().FindMethodByName("kontor.contacts.v1.Contacts.GetContact"))
    for number in range(CALLS):
        call = Call(method, _Context(), {"authorization": f"Bearer {bearer}"})  # type: ignore[arg-type]
        await chain(call, contacts_pb2.GetContactRequest(contact_id=ids[number % len(ids)]))
    await audit.flush()
    await database.close()
    return _own_costs(spent)


def _timed(name: str, stage: Stage, spent: defaultdict[str, float]) -> Stage:
    async def timed(call: Call, request: Any, proceed: Proceed) -> Any:
        started = perf_counter()
        try:
            return await stage(call, request, proceed)
        finally:
            spent[name] += perf_counter() - started

    return timed


def _own_costs(spent: dict[str, float]) -> dict[str, float]:
    order = [*NAMES, "use case"]
    inner = [*order[1:], None]
    return {
        name: round((spent[name] - (spent[within] if within else 0.0)) / CALLS * 1e6, 1)
        for name, within in zip(order, inner, strict=True)
    }
