"""Advertising that may come without a consent, because the visitor has bought (§ 7(3) UWG), and the end of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from google.protobuf.timestamp_pb2 import Timestamp
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1.customers_pb2 import ObjectToAdvertisingRequest, Sale

from kernel.web.access import login_required
from kernel.web.forms import Form
from services.portal.clients import clients, unless_down
from services.portal.session import own_contact

_MAY = "existing-customer"


@dataclass(frozen=True)
class Customer:
    """What the visitor has bought that advertising rests on now, and whether they have objected."""

    sales: tuple[Sale, ...] = ()
    objected: Timestamp | None = None
    # Whether anything was recorded at all: one may object to what could come.
    known: bool = False
    # Whether nobody could say.
    down: bool = False


def standing(contact: Contact) -> Customer:
    """As the permits would say it now; what is not sent is not shown as if it were."""
    found = unless_down(lambda: clients().customer_standing(contact))
    if found is None:
        return Customer(down=True)
    objected = found.object_time if found.object_time.seconds else None
    sales = tuple(each.sale for each in found.sales if each.reason == _MAY)
    return Customer(sales, objected, known=bool(found.sales) or objected is not None)


@login_required
def object_to_advertising() -> ResponseReturnValue:
    """POST /preferences/objection: one click, and nothing comes on a purchase any more."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)
    clients().customers.ObjectToAdvertising(
        ObjectToAdvertisingRequest(
            request_id=form.request_id.data, contact_id=own_contact().id, method="portal"
        )
    )
    flash(_("Noted: no advertising because of your purchases any more. It applies at once."), "success")
    return redirect(url_for("preferences.own"), code=303)
