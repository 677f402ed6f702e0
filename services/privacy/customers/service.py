"""Use cases of existing customers: record what is known, end it, object, and show what it permits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kernel.clock import Clock
from kernel.db import Database
from kernel.erased import is_erased
from kernel.ids import new_id
from kernel.rpc.call import note_subjects
from services.privacy.customers import store
from services.privacy.customers.judging import ExistingCustomers
from services.privacy.customers.model import (
    ENDED,
    Advertising,
    Erased,
    Notice,
    Objection,
    Sale,
    SaleNotFound,
    Sold,
    lapse,
    require_day,
    require_end,
    require_method,
    require_shown,
)
from services.privacy.permits.model import About, Candidate
from services.privacy.permits.service import PermitService
from services.privacy.suppression.model import Address
from services.privacy.suppression.normalise import EMAIL


@dataclass(frozen=True, slots=True)
class Standing:
    """Every sale of a contact, what a permit would say of each, and the objection."""

    sales: list[tuple[Sale, str]]
    notices: Mapping[uuid.UUID, Notice]
    objection: Objection | None


class CustomerService:
    """Keeps the facts; whether they suffice is decided by permits, at the moment of sending."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        customers: ExistingCustomers,
        permits: PermitService,
    ) -> None:
        self._database = database
        self._clock = clock
        self._customers = customers
        self._permits = permits

    def today(self) -> date:
        """Today where the company is; no sale is of a later day."""
        return self._customers.today()

    async def record_sale(self, contact_id: uuid.UUID, sold: Sold, *, address: str, recorded_by: str) -> Sale:
        """The sale as it is kept; told again, what is recorded. Errors: AddressInvalid, NoticeNotFound, SaleInvalid,
        Erased."""
        keyed = self._customers.keyed(Address(EMAIL, address))
        sale = Sale(new_id(), contact_id, sold, self._clock.now(), recorded_by, lapse(sold.sold_on))
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            if await is_erased(session, contact_id):
                raise Erased("This contact was erased.")
            shown = await store.notices(session, [sold.notice_id]) if sold.notice_id else []
            require_shown(sold, shown[0] if shown else None)
            return sale if await store.add(session, sale, keyed) else await store.told(session, sale)

    async def end_sale(self, contact_id: uuid.UUID, sale_id: uuid.UUID, *, reason: str) -> Sale:
        """Nothing rests on it from now on. Errors: SaleNotFound, SaleInvalid."""
        require_end(reason)
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            ended = await store.end(
                session, contact_id, sale_id, reason=reason, today=self._customers.today()
            )
        if ended is None:
            raise SaleNotFound("There is no such sale in force.")
        return ended

    async def object_to_advertising(self, contact_id: uuid.UUID, *, method: str) -> Objection:
        """Errors: MethodUnknown, Erased."""
        require_method(method)
        note_subjects([contact_id])
        async with self._database.transaction() as session:
            if await is_erased(session, contact_id):
                raise Erased("This contact was erased.")
            await self._customers.object_to_advertising(session, contact_id, method=method)
            found = await store.objection(session, contact_id)
            assert found is not None
            return found

    async def get_customer_standing(self, contact_id: uuid.UUID, *, address: str) -> Standing:
        """What each sale permits now at this address; `ENDED` for one on which nothing rests any more."""
        note_subjects([contact_id])
        async with self._database.reading() as session:
            sales = await store.of_contact(session, contact_id)
            objection = await store.objection(session, contact_id)
            ids = [sale.sold.notice_id for sale in sales if sale.sold.notice_id is not None]
            notices = {notice.id: notice for notice in await store.notices(session, ids)}
        today = self._customers.today()
        live = {sale.sold.category for sale in sales if sale.ends_on > today}
        says = {category: await self._asked(contact_id, address, category) for category in sorted(live)}
        judged = [(sale, says[sale.sold.category] if sale.ends_on > today else ENDED) for sale in sales]
        return Standing(judged, notices, objection)

    async def list_sold_categories(self) -> list[tuple[str, int]]:
        """What was sold to how many customers, as far as it has not ended."""
        async with self._database.reading() as session:
            return await store.categories(session, self._customers.today())

    async def add_objection_notice(self, *, language: str, text: str, in_use_since: str) -> Notice:
        """The next version of the notice in this language. Errors: NoticeInvalid."""
        notice = Notice(new_id(), language, 0, text, require_day(in_use_since))
        async with self._database.transaction() as session:
            return await store.add_notice(session, notice)

    async def list_objection_notices(self) -> list[Notice]:
        """Every version in every language, the newest first."""
        async with self._database.reading() as session:
            return await store.notices(session)

    async def _asked(self, contact_id: uuid.UUID, address: str, category: str) -> str:
        # No topic: whoever has consented to one gets its mails by that, and is no less a customer.
        about = About(EMAIL, "", similar=Advertising(category, carries_notice=True))
        (decision,) = await self._permits.preview([Candidate(contact_id, address)], about)
        return decision.reason
