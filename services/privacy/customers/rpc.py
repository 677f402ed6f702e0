"""Existing customers: proto ↔ values."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.privacy.v1 import customers_pb2, customers_pb2_grpc

from kernel.clock import to_timestamp
from kernel.rpc.call import current_principal
from services.privacy.customers.model import Notice, Sale, require_sold
from services.privacy.customers.service import CustomerService, Standing


class ExistingCustomersRpc(customers_pb2_grpc.ExistingCustomersServicer):
    """The ExistingCustomers service of the contract."""

    def __init__(self, customers: CustomerService) -> None:
        self._customers = customers

    async def RecordSale(self, request: customers_pb2.RecordSaleRequest, context: Any) -> customers_pb2.Sale:
        sold = require_sold(
            category=request.category,
            reference=request.reference,
            days=(request.sale_date, request.collect_date),
            notice_id=uuid.UUID(request.notice_id) if request.notice_id else None,
            today=self._customers.today(),
        )
        sale = await self._customers.record_sale(
            uuid.UUID(request.contact_id),
            sold,
            address=request.address,
            recorded_by=current_principal().subject,
        )
        return _sale(sale)

    async def EndSale(self, request: customers_pb2.EndSaleRequest, context: Any) -> customers_pb2.Sale:
        ended = await self._customers.end_sale(
            uuid.UUID(request.contact_id), uuid.UUID(request.sale_id), reason=request.reason
        )
        return _sale(ended)

    async def ObjectToAdvertising(
        self, request: customers_pb2.ObjectToAdvertisingRequest, context: Any
    ) -> customers_pb2.CustomerStanding:
        objection = await self._customers.object_to_advertising(
            uuid.UUID(request.contact_id), method=request.method
        )
        return _standing(Standing([], {}, objection))

    async def GetCustomerStanding(
        self, request: customers_pb2.GetCustomerStandingRequest, context: Any
    ) -> customers_pb2.CustomerStanding:
        standing = await self._customers.get_customer_standing(
            uuid.UUID(request.contact_id), address=request.address
        )
        return _standing(standing)

    async def ListSoldCategories(
        self, request: customers_pb2.ListSoldCategoriesRequest, context: Any
    ) -> customers_pb2.ListSoldCategoriesResponse:
        found = await self._customers.list_sold_categories()
        return customers_pb2.ListSoldCategoriesResponse(
            categories=[customers_pb2.SoldCategory(category=name, customers=many) for name, many in found]
        )

    async def AddObjectionNotice(
        self, request: customers_pb2.AddObjectionNoticeRequest, context: Any
    ) -> customers_pb2.ObjectionNotice:
        added = await self._customers.add_objection_notice(
            language=request.language, text=request.text, in_use_since=request.in_use_since
        )
        return _notice(added)

    async def ListObjectionNotices(
        self, request: customers_pb2.ListObjectionNoticesRequest, context: Any
    ) -> customers_pb2.ListObjectionNoticesResponse:
        found = await self._customers.list_objection_notices()
        return customers_pb2.ListObjectionNoticesResponse(notices=map(_notice, found))


def _standing(standing: Standing) -> customers_pb2.CustomerStanding:
    objection = standing.objection
    return customers_pb2.CustomerStanding(
        sales=[
            customers_pb2.SaleStanding(
                sale=_sale(sale),
                reason=reason,
                notice=_notice(standing.notices[sale.sold.notice_id]) if sale.sold.notice_id else None,
            )
            for sale, reason in standing.sales
        ],
        object_time=to_timestamp(objection.objected_at) if objection else None,
        object_method=objection.method if objection else "",
    )


def _sale(sale: Sale) -> customers_pb2.Sale:
    return customers_pb2.Sale(
        id=str(sale.id),
        contact_id=str(sale.contact_id),
        category=sale.sold.category,
        reference=sale.sold.reference,
        sale_date=sale.sold.sold_on.isoformat(),
        collect_date=sale.sold.collected_on.isoformat(),
        notice_id=str(sale.sold.notice_id or ""),
        record_time=to_timestamp(sale.recorded_at),
        end_date=sale.ends_on.isoformat(),
        end_reason=sale.end_reason,
    )


def _notice(notice: Notice) -> customers_pb2.ObjectionNotice:
    return customers_pb2.ObjectionNotice(
        id=str(notice.id),
        language=notice.language,
        version=notice.version,
        text=notice.text,
        sha256=notice.sha256,
        in_use_since=notice.in_use_since.isoformat(),
    )
