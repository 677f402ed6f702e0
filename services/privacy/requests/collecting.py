"""Everything that all holders have about a subject, or nothing: an answer from three of four would be wrong."""

from __future__ import annotations

from dataclasses import dataclass

from kontor.privacy.v1 import holder_pb2

from services.privacy.clients import HolderClient
from services.privacy.requests import store
from services.privacy.requests.model import SYSTEM, Identifiers, Request, State, Transition
from services.privacy.requests.working import Desk, Waiting


@dataclass(frozen=True, slots=True)
class Held:
    """One holder's declarations, and what it has about the subject."""

    holder: str
    described: holder_pb2.DescribeResponse
    records: list[holder_pb2.Record]


@dataclass(frozen=True, slots=True)
class Collected:
    """What all holders have, and how the subject was recognised."""

    held: list[Held]
    identifiers: Identifiers


async def begin(desk: Desk, request: Request) -> bool:
    """Notes that the holders are being asked, once; false if the request has ended meanwhile."""
    if request.state is not State.ACCEPTED:
        return True
    step = Transition(State.EXECUTING, desk.clock.now(), SYSTEM, "collecting")
    everybody = [holder.name for holder in desk.holders]
    async with desk.database.transaction() as session:
        return await store.move(session, request.id, step, waiting_for=everybody)


async def collect_everything(desk: Desk, request: Request) -> Collected | None:
    """What all holders have; None if one of them does not answer, which the request then says."""
    waiting = Waiting()
    identifiers = Identifiers()
    async with waiting.unless_down(desk.holders[0]):
        identifiers = await desk.identify(request)

    async def all_of(holder: HolderClient) -> Held:
        described: holder_pb2.DescribeResponse = await holder.describe()
        return Held(holder.name, described, await desk.collect(holder, request, identifiers))

    held = [] if waiting else await waiting.ask_all(desk.holders, all_of)
    if waiting:
        await desk.wait(request, waiting)
        return None
    return Collected(held, identifiers)
