"""The forms of sales: one that is recorded, and the end of one."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from kontor.contacts.v1.contacts_pb2 import Contact
from kontor.privacy.v1.customers_pb2 import ObjectionNotice, RecordSaleRequest
from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from kernel.web.forms import Form, at_most, required, strip
from kernel.web.i18n import iso_day
from kernel.web.options import options
from services.gateway.labels import LANGUAGES


class SaleForm(Form):
    """A sale, and what was shown to the customer who gave the address for it."""

    category = StringField(_l("What was sold?"), filters=[strip], validators=[required, at_most(40)])
    reference = StringField(_l("Order or invoice"), filters=[strip], validators=[required, at_most(60)])
    sale_date = DateField(_l("Day of the sale"), validators=[required])
    collect_date = DateField(_l("Day on which the address was given"), validators=[Optional()])
    notice_id = SelectField(_l("Notice of the right to object"))

    def offer(self, notices: Iterable[ObjectionNotice]) -> None:
        """The versions to choose from; none is an honest answer, too."""
        shown = [
            (
                notice.id,
                _l(
                    "Version %(version)s, %(language)s, shown since %(day)s",
                    version=notice.version,
                    language=LANGUAGES.get(notice.language, notice.language),
                    day=iso_day(notice.in_use_since),
                ),
            )
            for notice in notices
        ]
        self.notice_id.choices = options([("", _l("none was shown")), *shown])

    def request_for(self, contact: Contact) -> RecordSaleRequest:
        """What is entered, about this contact and its present address."""
        collected = self.collect_date.data
        return RecordSaleRequest(
            request_id=self.request_id.data,
            contact_id=contact.id,
            address=contact.email,
            category=self.category.data,
            reference=self.reference.data,
            sale_date=self.sale_date.data.isoformat(),
            collect_date=collected.isoformat() if collected else "",
            notice_id=self.notice_id.data,
        )


class SaleEndForm(Form):
    """Why nothing rests on a sale any more."""

    reason = RadioField(
        _l("Why does it end?"),
        choices=options({"cancelled": _l("It was cancelled"), "mistake": _l("Recorded by mistake")}.items()),
        validators=[required],
    )
