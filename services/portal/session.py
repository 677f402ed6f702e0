"""The contact behind the login: found, joined by its verified address, unknown, or erased."""

from __future__ import annotations

import uuid

from flask import Flask, g, render_template
from flask.typing import ResponseReturnValue
from kontor.contacts.v1.contacts_pb2 import Contact, GetOwnContactRequest, LinkLoginRequest
from kontor.contacts.v1.logins_pb2 import GetOwnViewRequest
from kontor.privacy.v1.holder_pb2 import REQUEST_KIND_ERASURE
from kontor.privacy.v1.privacy_pb2 import (
    REQUEST_STATE_COMPLETED,
    REQUEST_STATE_EXECUTING,
    REQUEST_STATE_PARTIALLY_FULFILLED,
    ListRequestsRequest,
    Request,
)

from kernel.contract import CUSTOMER
from kernel.errors import FailedPrecondition, NotFound, PermissionDenied
from kernel.identity import STAFF_ROLES
from kernel.web.errors import error_page
from kernel.web.login import current_login
from services.portal.clients import clients


class Erased(Exception):
    """This login had its data erased; the page says so instead of creating a new record."""

    def __init__(self, request: Request) -> None:
        super().__init__("erased")
        self.request = request


class NothingHeld(Exception):
    """Nobody is known under the login's address; logging in makes no record of anybody."""


class AccessEnded(Exception):
    """The login was taken away from its record; only an invitation brings it back."""


class AddressNotVerified(Exception):
    """The login's address is not verified, so nobody knows whose record it may see."""


def install(app: Flask) -> None:
    """Pages for logins without a contact."""
    app.register_error_handler(Erased, _erased_page)
    app.register_error_handler(AddressNotVerified, _unverified_page)
    app.register_error_handler(NothingHeld, _nothing_page)
    app.register_error_handler(AccessEnded, _ended_page)
    app.register_error_handler(PermissionDenied, _refused_page)


def own_contact() -> Contact:
    """The visitor's contact. Call it in the visitor's name, never in the page's."""
    if "contact" not in g:
        g.contact = _find()
    contact: Contact = g.contact
    return contact


def colleagues() -> dict[str, str]:
    """Names of the contacts whose tickets the visitor's login sees, too, by their id."""
    if "colleagues" not in g:
        view = clients().logins.GetOwnView(GetOwnViewRequest())
        g.colleagues = {one.contact_id: one.name for one in view.colleagues}
    found: dict[str, str] = g.colleagues
    return found


def _find() -> Contact:
    try:
        return clients().contacts.GetOwnContact(GetOwnContactRequest())
    except NotFound:
        erasure = _erasure()
        if erasure is not None:
            # Joining would create the record anew that was just erased.
            raise Erased(erasure) from None
        return link()


def link(request_id: str = "", *, create: bool = False) -> Contact:
    """Join the login to the contact with its verified address; to a new one only if the visitor says so.

    A form brings its own id: pressed twice, it makes one record.
    """
    command = LinkLoginRequest(request_id=request_id or str(uuid.uuid4()), create=create)
    try:
        return clients().contacts.LinkLogin(command)
    except FailedPrecondition as error:
        raise (AccessEnded if error.reason == "LOGIN_REMOVED" else AddressNotVerified) from error
    except NotFound as error:
        raise NothingHeld from error


def _erasure() -> Request | None:
    """The newest erasure that this login has set going."""
    login = current_login()
    if login is not None and login.roles & STAFF_ROLES:
        # Who works here is shown everybody's requests: none of them says anything about this login.
        return None
    answer = clients().requests.ListRequests(ListRequestsRequest(page_size=50))
    running = (REQUEST_STATE_EXECUTING, REQUEST_STATE_COMPLETED, REQUEST_STATE_PARTIALLY_FULFILLED)
    found = (r for r in answer.requests if r.kind == REQUEST_KIND_ERASURE and r.state in running)
    return next(found, None)


def _erased_page(error: Erased) -> ResponseReturnValue:
    begun = (t.actor for t in error.request.transitions if t.state == REQUEST_STATE_EXECUTING)
    return render_template(
        "home/erased.html",
        request_=error.request,
        completed=error.request.state == REQUEST_STATE_COMPLETED,
        own_word=next(begun, "subject") == "subject",
    )


def _nothing_page(_error: NothingHeld) -> ResponseReturnValue:
    login = current_login()
    return render_template("home/nothing.html", email=login.email if login else "")


def _ended_page(_error: AccessEnded) -> ResponseReturnValue:
    return render_template("home/ended.html"), 403


def _unverified_page(_error: AddressNotVerified) -> ResponseReturnValue:
    return render_template("home/unverified.html"), 403


def _refused_page(_error: PermissionDenied) -> ResponseReturnValue:
    login = current_login()
    if login is not None and CUSTOMER not in login.roles:
        return render_template("home/staff.html"), 403
    return error_page(403)
