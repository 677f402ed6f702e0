"""What a copy says about others: each text with its marks, blackened or released."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.blackening_pb2 import DecidePassageRequest, ListPassagesRequest, Passage, Span
from kontor.privacy.v1.privacy_pb2 import GetRequestRequest

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable
from kernel.web.paging import page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import HOLDERS, word
from services.gateway.request_labels import BLACKENING_REASONS, RELEASE_REASONS
from services.gateway.requests.forms import Blackening
from services.gateway.requests.views import blueprint
from services.gateway.session import opens_with

_PAGE = 20


@opens_with("Blackening.ListPassages", "Requests.GetRequest")
def blacken(request_id: uuid.UUID) -> ResponseReturnValue:
    """GET /requests/<id>/blackening: the texts of the copy that name others, a page at a time."""
    token = request.args.get("page_token", "")
    asked = ListPassagesRequest(id=str(request_id), page_size=_PAGE, page_token=token)
    try:
        answer = clients().blackening.ListPassages(asked)
    except Unavailable:
        flash(_("Not every service answers, so the texts cannot be shown now. Nothing is lost."), "warning")
        return redirect(url_for("requests.detail", request_id=request_id))
    except FailedPrecondition:
        return redirect(url_for("requests.detail", request_id=request_id))
    found = clients().requests.GetRequest(GetRequestRequest(id=str(request_id)))
    return render_template(
        "requests/blackening.html",
        found=found,
        contact=people.by_id([found.contact_id]).get(found.contact_id),
        passages=[(each, word(HOLDERS, each.holder), list(_parts(each))) for each in answer.passages],
        undecided=answer.undecided,
        reasons={**BLACKENING_REASONS, **RELEASE_REASONS},
        form=Blackening(),
        page_token=token,
        **page_links("requests.blacken", answer.next_page_token, request_id=str(request_id)),
    )


@opens_with("Blackening.DecidePassage")
def decide_passage(request_id: uuid.UUID) -> ResponseReturnValue:
    """POST /requests/<id>/blackening: the word about one text."""
    form = Blackening()
    token = request.args.get("page_token", "")
    again = redirect(url_for("requests.blacken", request_id=request_id, page_token=token or None), code=303)
    if not form.validate_on_submit():
        return again
    # Places are counted in the holder's own text: a browser sends line ends of its own.
    text = _text_of(request_id, form.passage_id.data or "", token)
    spans = [*_ticked(request.form.getlist("mark")), *_places(text, (form.words.data or "").split("\n"))]
    if bool(spans) != (form.reason.data in BLACKENING_REASONS):
        flash(_("Please choose a reason that fits: for what is blackened, or for a release."), "warning")
        return again
    try:
        answer = clients().blackening.DecidePassage(
            DecidePassageRequest(
                request_id=form.request_id.data,
                id=str(request_id),
                passage_id=form.passage_id.data or "",
                spans=spans,
                reason=form.reason.data or "",
            )
        )
    except NotFound:
        flash(_("This text has changed or gone meanwhile."), "warning")
    except FailedPrecondition:
        flash(_("Somebody else was faster. What they decided stands."), "warning")
    except InvalidArgument:
        flash(_("This text has changed or gone meanwhile."), "warning")
    except Unavailable:
        flash(_("Not every service answers. Nothing was noted; please try again."), "warning")
    else:
        if not answer.undecided:
            flash(_("Every text is decided. The copy is being made."), "success")
            return redirect(url_for("requests.detail", request_id=request_id), code=303)
        flash(_("Noted."), "success")
    return again


def _text_of(request_id: uuid.UUID, passage_id: str, token: str) -> str:
    asked = ListPassagesRequest(id=str(request_id), page_size=_PAGE, page_token=token)
    with suppress(FailedPrecondition, Unavailable):
        shown = clients().blackening.ListPassages(asked).passages
        return next((each.text for each in shown if each.id == passage_id), "")
    return ""


def _parts(passage: Passage) -> Iterable[tuple[str, Span | None]]:
    """The text in pieces: plain ones, and what is marked or blackened."""
    at = 0
    for span in passage.blackened if passage.decided else passage.marks:
        yield passage.text[at : span.start], None
        yield passage.text[span.start : span.end], span
        at = span.end
    yield passage.text[at:], None


def _ticked(values: Iterable[str]) -> Iterable[Span]:
    for value in values:
        start, _dash, end = value.partition("-")
        if start.isdecimal() and end.isdecimal() and len(value) < 20:
            yield Span(start=int(start), end=int(end))


def _places(text: str, wanted: Iterable[str]) -> Iterable[Span]:
    """Every place of every word, in code points, as it is written."""
    for each in filter(None, map(str.strip, wanted)):
        at = text.find(each)
        while at >= 0:
            yield Span(start=at, end=at + len(each))
            at = text.find(each, at + len(each))


blueprint.add_url_rule("/requests/<uuid:request_id>/blackening", "blacken", blacken)
blueprint.add_url_rule(
    "/requests/<uuid:request_id>/blackening", "decide_passage", decide_passage, methods=["POST"]
)
