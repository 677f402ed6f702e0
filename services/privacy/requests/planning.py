"""What an erasure will do: asked of every holder for the subject to see, and once more when it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from kontor.privacy.v1 import holder_pb2

from kernel.errors import FailedPrecondition
from kernel.ids import derived_id
from services.privacy.clients import HolderClient
from services.privacy.requests import store
from services.privacy.requests.model import SYSTEM, Identifiers, Request, Transition
from services.privacy.requests.plans import store as plan_store
from services.privacy.requests.receipts import Planned, growth, on_wire, plan_problem
from services.privacy.requests.working import IDENTIFIERS_CHANGED, PLAN_REFUSED, AnswerRefused, Desk, Waiting
from services.privacy.suppression.model import Hasher


class Planner:
    """Makes the plans of one round, all of them or none, with the addresses that the subject has at that moment.

    Until the plan is promised in the ledger it follows whatever changes. The subject sees it, gives the word to erase
    everything, and may have moved since: so it is made anew when the erasure begins. It may take in more than
    was shown, because that is what the word was for; if a law keeps more than was shown, a step says so.
    """

    def __init__(self, desk: Desk, hasher: Hasher) -> None:
        self._desk = desk
        self._hasher = hasher

    async def plan(self, request: Request) -> bool:
        """Keeps the plans of the request's round; false if somebody has to be waited for, or it is withdrawn."""
        contacts, *others = self._desk.holders
        waiting = Waiting()
        remembered = await self._desk.remembered(request)
        shown = await self._shown(request)
        async with waiting.unless_down(contacts):
            identifiers, first = await self._recognise(request, contacts, remembered)
            asked = Waiting()
            plans = [first, *await asked.ask_all(others, partial(self._ask, request, identifiers))]
            # A plan with the same addresses still holds: whatever came since goes with it.
            still = shown.keys() if identifiers == remembered else ()
            waiting.holders += [name for name in asked.holders if name not in still]
        if waiting:
            await self._desk.wait(request, waiting)
            return False
        return await self._keep(request, identifiers, plans, shown)

    async def _recognise(
        self, request: Request, contacts: HolderClient, remembered: Identifiers | None
    ) -> tuple[Identifiers, holder_pb2.PlanResponse]:
        """The addresses that the subject has now and had at an earlier plan, with the plan of who keeps addresses."""
        known = await self._desk.identify(request)
        if remembered is not None:
            known = known.joined(remembered)
        try:
            return known, await self._ask(request, known, contacts)
        except FailedPrecondition as error:
            taken = _positions(error)
            if not taken:
                raise
            # A former address that another contact has by now is theirs: it is neither erased nor suppressed.
            known = known.without_emails(taken)
            return known, await self._ask(request, known, contacts)

    async def _ask(
        self, request: Request, identifiers: Identifiers, holder: HolderClient
    ) -> holder_pb2.PlanResponse:
        wanted = on_wire(identifiers)
        # The same id in every life of this process, for as long as the same is asked; other addresses are
        # another question. Keyed, because an id is stored where nobody may guess addresses from it.
        asked = self._hasher.ledger("plan", wanted.SerializeToString(deterministic=True).hex()).hex()
        name = f"plan-{request.round}-{request.state.name}-{holder.name}-{asked}"
        plan = await holder.plan(
            holder_pb2.PlanRequest(
                request_id=str(derived_id(request.id, name)),
                subject_id=str(request.contact_id),
                identifiers=wanted,
                kind=holder_pb2.REQUEST_KIND_ERASURE,
            )
        )
        problem = plan_problem(plan)
        if problem:
            raise AnswerRefused(f"The holder's plan is none: {problem}.", reason=PLAN_REFUSED)
        # Whatever a holder calls itself, its plan is kept under the name we asked.
        plan.holder = holder.name
        return plan

    async def _shown(self, request: Request) -> dict[str, Planned]:
        async with self._desk.database.reading() as session:
            plans = (await plan_store.plans(session, [request.id]))[request.id]
        return {p.holder: p for p in plans if p.number == request.round}

    async def _keep(
        self,
        request: Request,
        identifiers: Identifiers,
        plans: Sequence[holder_pb2.PlanResponse],
        shown: Mapping[str, Planned],
    ) -> bool:
        made = [Planned(request.round, plan.holder, plan, None) for plan in plans]
        erased, kept = growth((shown[p.holder] for p in made if p.holder in shown), made)
        async with self._desk.database.transaction() as session:
            found = await store.find(session, request.id, lock=True)
            # Withdrawn while the holders were asked: no address is kept for what has ended.
            if found is None or found.state is not request.state:
                return False
            await plan_store.keep_identifiers(session, request.id, self._desk.sealed(identifiers))
            for plan in plans:
                await plan_store.put_plan(session, request.id, request.round, plan)
            if shown and (erased or kept):
                reason = f"replanned:{erased}:{kept}"
                step = Transition(request.state, self._desk.clock.now(), SYSTEM, reason)
                await store.note(session, request.id, step)
        return True


def _positions(error: FailedPrecondition) -> frozenset[int]:
    """Which of the e-mail addresses that were asked about are somebody else's (holder.proto, Plan)."""
    if error.reason != IDENTIFIERS_CHANGED:
        return frozenset()
    return frozenset(int(each) for each in error.metadata.get("others", "").split(",") if each)
