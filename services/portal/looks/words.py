"""Words for kinds of data, and for who has no department."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from kontor.options.v1 import options_pb2 as options

CATEGORIES = {
    options.CATEGORY_IDENTITY: _l("your name"),
    options.CATEGORY_CONTACT_POINT: _l("how we reach you"),
    options.CATEGORY_DEMOGRAPHIC: _l("about you"),
    options.CATEGORY_COMMUNICATION: _l("what we wrote each other"),
    options.CATEGORY_BEHAVIOUR: _l("what you did with us"),
    options.CATEGORY_TRANSACTION: _l("your business with us"),
    options.CATEGORY_PREFERENCE: _l("what you wish"),
    options.CATEGORY_CREDENTIAL: _l("access data"),
    options.CATEGORY_FREE_TEXT: _l("notes and texts"),
    options.CATEGORY_SPECIAL: _l("specially protected data"),
}
ROLES = {
    "agent": _l("Customer service"),
    "sales": _l("Sales"),
    "marketer": _l("Marketing"),
    "manager": _l("Management"),
    "dpo": _l("Data protection"),
    "admin": _l("Administration"),
    "integrator": _l("A connected system"),
    "service": _l("Our systems, by themselves"),
}
