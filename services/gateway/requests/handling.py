"""What the officer does with a request in law: vouch for who asks, take more time, refuse. Each needs its reason."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import (
    ExtendRequestRequest,
    GetRequestRequest,
    RefuseRequestRequest,
    Request,
    VerifyRequestRequest,
)

from kernel.errors import FailedPrecondition
from kernel.web.i18n import day
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.requests.forms import Extension, Refusal, Verification
from services.gateway.requests.views import blueprint
from services.gateway.session import opens_with


@dataclass(frozen=True, slots=True)
class Act:
    """One of the three, as its page shows it."""

    title: str
    consequences: Sequence[str]
    submit: str
    done: str
    tone: str = "primary"


@opens_with("Requests.VerifyRequest")
def verify(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /requests/<id>/verify: it is known by now who asks."""
    act = Act(
        title=_("The identity is clear"),
        consequences=[
            _("The request is accepted, and the services begin."),
            _("The days of doubt stay in the second deadline. Keep the first one if you can."),
        ],
        submit=_("Vouch for the person"),
        done=_("The identity is noted. The request goes on."),
    )
    return _page(request_id, Verification(), act, _verify)


@opens_with("Requests.ExtendRequest")
def extend(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /requests/<id>/extend: two months more, and the person is told why."""
    found = _get(request_id)
    last = _("The person must know of it, with the reason, within the first month.")
    if found.extend_by:
        told_by = day(date.fromisoformat(found.extend_by))
        last = _("The person must know of it, with the reason, by %(day)s.", day=told_by)
    act = Act(
        title=_("Take two months more"),
        consequences=[
            _("The answer is due three months after the receipt. This can be done once."),
            last,
            _told(found),
        ],
        submit=_("Extend the deadline"),
        done=_("The deadline is extended."),
    )
    return _page(request_id, Extension(), act, _extend)


@opens_with("Requests.RefuseRequest")
def refuse(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET, POST /requests/<id>/refuse: nothing is done, and the person is told why and where to complain."""
    act = Act(
        title=_("Refuse the request"),
        consequences=[
            _("The request ends. Nothing is handed out, and nothing is erased."),
            _("The person can complain to the authority and go to court. You have to prove the reason."),
            _told(_get(request_id)),
        ],
        submit=_("Refuse it for this reason"),
        done=_("The request is refused."),
        tone="danger",
    )
    return _page(request_id, Refusal(), act, _refuse)


def _verify(**ids: str) -> Callable[[str], Any]:
    return lambda reason: clients().requests.VerifyRequest(VerifyRequestRequest(**ids, vouched_by=reason))


def _extend(**ids: str) -> Callable[[str], Any]:
    return lambda reason: clients().requests.ExtendRequest(ExtendRequestRequest(**ids, reason=reason))


def _refuse(**ids: str) -> Callable[[str], Any]:
    return lambda reason: clients().requests.RefuseRequest(RefuseRequestRequest(**ids, reason=reason))


def _page(
    request_id: uuid.UUID, form: Any, act: Act, do: Callable[..., Callable[[str], Any]]
) -> ResponseReturnValue:
    back = url_for("requests.detail", request_id=request_id)
    status = 200
    if form.is_submitted():
        if form.validate():
            try:
                do(request_id=form.request_id.data, id=str(request_id))(form.reason.data)
            except FailedPrecondition as error:
                flash(_in_the_way(error.reason), "warning")
            else:
                flash(act.done, "success")
            return redirect(back, code=303)
        status = 400
    found = _get(request_id)
    contact = people.by_id([found.contact_id]).get(found.contact_id)
    page = render_template(
        "requests/handle.html", found=found, contact=contact, form=form, act=act, back=back
    )
    return page, status


def _told(found: Request) -> str:
    """How the person learns of it."""
    if found.on_behalf:
        return str(_("The person sees no portal page of this request. Please write to them yourself, today."))
    return str(_("The portal shows the person the reason at once, with the rights that the law wants named."))


def _in_the_way(reason: str) -> str:
    """Why the service did not do it."""
    texts = {
        "ALREADY_EXTENDED": _("This request was extended before. The law allows it once."),
        "EXTENSION_TOO_LATE": _("The first month is over: it can no longer be extended."),
        "NOT_VERIFYING": _("Nobody doubts the identity here any more."),
        "REASON_UNFIT": _("This reason does not fit this request."),
    }
    return str(texts.get(reason, _("This request is in another state by now. Nothing was changed.")))


def _get(request_id: uuid.UUID) -> Request:
    return clients().requests.GetRequest(GetRequestRequest(id=str(request_id)))


_ONE = "/requests/<uuid:request_id>"
blueprint.add_url_rule(f"{_ONE}/verify", "verify", verify, methods=["GET", "POST"])
blueprint.add_url_rule(f"{_ONE}/extend", "extend", extend, methods=["GET", "POST"])
blueprint.add_url_rule(f"{_ONE}/refuse", "refuse", refuse, methods=["GET", "POST"])
