"""What a contact has bought, and what advertising may rest on it without a consent (§ 7(3) UWG)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from kontor.contacts.v1.contacts_pb2 import Contact, GetContactRequest
from kontor.privacy.v1 import customers_pb2 as v1

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound
from kernel.web.forms import Form
from kernel.web.i18n import iso_day
from services.gateway.clients import clients, unless_down
from services.gateway.contacts.sale_forms import SaleEndForm, SaleForm
from services.gateway.labels import METHODS, Label, why, word
from services.gateway.session import may, opens_with

_MAY = "existing-customer"
_ENDS = {"": _l("lapsed"), "cancelled": _l("cancelled"), "mistake": _l("recorded by mistake")}
_FAULTS = {
    "address": _l("The contact needs an e-mail address that works."),
    "category": _l("Please use lower-case letters, digits and hyphens, as in “safety-shoes”."),
    "reference": _l("Please use letters, digits and - _ / . #, and no name."),
    "sale_date": _l("Please choose a day that has come."),
    "collect_date": _l("Please choose a day that has come."),
    "notice_id": _l("This notice was not in use yet on the day when the address was given."),
}


@dataclass(frozen=True)
class Line:
    """What may or may not be sent, as one line of the strip."""

    allowed: bool
    text: str


@opens_with("ExistingCustomers.GetCustomerStanding", "Contacts.GetContact")
def customer(contact_id: uuid.UUID) -> ResponseReturnValue:
    """GET /contacts/<id>/customer"""
    return _page(_get(contact_id), SaleForm())


@opens_with("ExistingCustomers.RecordSale", "Contacts.GetContact")
def record_sale(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/customer/sales: a fact, and whatever it lacks is said."""
    contact, form = _get(contact_id), SaleForm()
    form.offer(_notices())
    problems: list[str] = []
    if form.validate_on_submit():
        try:
            clients().customers.RecordSale(form.request_for(contact))
        except InvalidArgument as error:
            problems = form.take_errors(error.violations, _FAULTS)
        except FailedPrecondition:
            problems = [_("This person is being erased: nothing is recorded any more.")]
        else:
            flash(_("The sale is recorded. What rests on it stands below."), "success")
            return redirect(url_for("contacts.customer", contact_id=contact_id), code=303)
    return _page(contact, form, problems), 400


@opens_with("ExistingCustomers.EndSale")
def end_sale(contact_id: uuid.UUID, sale_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/customer/sales/<id>/end: nothing rests on it from that second on."""
    form = SaleEndForm()
    if not form.validate_on_submit():
        abort(400)
    request = v1.EndSaleRequest(
        request_id=form.request_id.data,
        contact_id=str(contact_id),
        sale_id=str(sale_id),
        reason=form.reason.data,
    )
    try:
        clients().customers.EndSale(request)
    except NotFound:
        flash(_("This sale had ended before."), "message")
    else:
        flash(_("Nothing rests on this sale any more."), "success")
    return redirect(url_for("contacts.customer", contact_id=contact_id), code=303)


@opens_with("ExistingCustomers.ObjectToAdvertising")
def object_to_advertising(contact_id: uuid.UUID) -> ResponseReturnValue:
    """POST /contacts/<id>/customer/objection: somebody said so on the phone or in a letter."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    request = v1.ObjectToAdvertisingRequest(
        request_id=form.request_id.data, contact_id=str(contact_id), method="staff"
    )
    clients().customers.ObjectToAdvertising(request)
    flash(
        _("Noted. It applies at once, also to campaigns that are being sent, and to later sales."), "success"
    )
    return redirect(url_for("contacts.customer", contact_id=contact_id), code=303)


def lines(contact: Contact) -> list[Line] | None:
    """What the strip of the contact says of it; None if nobody answers."""
    if not may("ExistingCustomers.GetCustomerStanding"):
        return []
    found = unless_down(lambda: _standing(contact))
    if found is None:
        return None
    if found.object_time.seconds:
        return [Line(False, _("advertising for similar goods, has objected"))] if found.sales else []
    best: dict[str, v1.SaleStanding] = {}
    for each in found.sales:
        if each.sale.HasField("restriction"):
            # The strip says so by itself; what was sold is not shown meanwhile.
            continue
        kept = best.get(each.sale.category)
        if each.reason != "ended" and (kept is None or kept.reason != _MAY):
            best[each.sale.category] = each
    return [_line(each) for each in best.values()]


def _line(each: v1.SaleStanding) -> Line:
    named = {"category": each.sale.category, "day": iso_day(each.sale.sale_date)}
    if each.reason == _MAY:
        return Line(
            True,
            _("advertising for goods like “%(category)s”, § 7(3) UWG, since the sale of %(day)s", **named),
        )
    return Line(
        False,
        _("advertising for goods like “%(category)s”, %(reason)s", reason=why(each.reason), **named),
    )


def state_of(each: v1.SaleStanding) -> Label:
    """What may rest on one sale, in a few words."""
    if each.reason == _MAY:
        return Label(_l("all four conditions are met"), "good", "circle-check")
    if each.reason == "ended":
        return Label(str(_ENDS.get(each.sale.end_reason, each.sale.end_reason)), "neutral", "archive")
    return Label(_l("permits nothing"), "warn", "ban")


def _lacking(each: v1.SaleStanding) -> str:
    """The condition that is not met; empty for what permits, or has ended."""
    return "" if each.reason in (_MAY, "ended") else why(each.reason)


def _page(contact: Contact, form: SaleForm, problems: list[str] | None = None) -> str:
    found, notices = _standing(contact), _notices()
    form.offer(notices)
    return render_template(
        "contacts/customer.html",
        contact=contact,
        sales=[(each, state_of(each), _lacking(each)) for each in found.sales],
        objected=found.object_time if found.object_time.seconds else None,
        object_method=word(METHODS, found.object_method),
        form=form,
        ending=SaleEndForm(),
        problems=problems or [],
        notices=notices,
        categories=sorted(({each.sale.category for each in found.sales} | _categories()) - {""}),
    )


def _categories() -> set[str]:
    answer = unless_down(lambda: clients().customers.ListSoldCategories(v1.ListSoldCategoriesRequest()))
    return {each.category for each in answer.categories} if answer is not None else set()


def _notices() -> list[v1.ObjectionNotice]:
    return list(clients().customers.ListObjectionNotices(v1.ListObjectionNoticesRequest()).notices)


def _standing(contact: Contact) -> v1.CustomerStanding:
    asked = v1.GetCustomerStandingRequest(contact_id=contact.id, address=contact.email)
    return clients().customers.GetCustomerStanding(asked)


def _get(contact_id: uuid.UUID) -> Contact:
    return clients().contacts.GetContact(GetContactRequest(contact_id=str(contact_id)))
