"""The suppression list: entries without any address, and a new one."""

from __future__ import annotations

from collections.abc import Iterator

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.privacy.v1.privacy_pb2 import (
    CHANNEL_UNSPECIFIED,
    Address,
    AddSuppressionRequest,
    Channel,
    GetSuppressionCountsRequest,
    ListSuppressionLiftingsRequest,
    ListSuppressionLookUpsRequest,
    ListSuppressionsRequest,
    LookUpSuppressionRequest,
)

from kernel.errors import InvalidArgument, ResourceExhausted
from kernel.spreadsheet import BOM, line
from kernel.web.forms import new_request_id
from kernel.web.i18n import moment
from kernel.web.paging import every_page, page_links
from services.gateway import people
from services.gateway.clients import clients
from services.gateway.labels import CHANNELS, SUPPRESSION_REASONS, label, word
from services.gateway.session import opens_with
from services.gateway.suppressions import lists
from services.gateway.suppressions.forms import (
    LOOK_UP_REASONS,
    MAX_BYTES,
    CheckForm,
    ImportForm,
    SuppressionForm,
)
from services.gateway.suppressions.lists import Result

blueprint = Blueprint("suppressions", __name__)

_PAGE = 50
_FILE_PAGE = 200
_LOOKS = 20


@opens_with("Suppressions.ListSuppressions")
def index() -> ResponseReturnValue:
    """GET /suppressions"""
    asked = _asked(page_size=_PAGE)
    asked.page_token = request.args.get("page_token", "")
    answer = clients().suppressions.ListSuppressions(asked)
    here = {"reason": asked.reason or None, "channel": asked.channel or None}
    return render_template(
        "suppressions/index.html",
        asked=asked,
        here=here,
        entries=answer.entries,
        total=answer.total_size,
        counts=clients().suppressions.GetSuppressionCounts(GetSuppressionCountsRequest()),
        reasons=SUPPRESSION_REASONS,
        channels=CHANNELS,
        **page_links("suppressions.index", answer.next_page_token, **here),
    )


@opens_with("Suppressions.ListSuppressions")
def export() -> ResponseReturnValue:
    """GET /suppressions.csv: every entry that the filters leave, newest first; no address, because none is kept."""
    answer = Response(stream_with_context(_lines(_asked(page_size=_FILE_PAGE))), mimetype="text/csv")
    name = _("suppression-list")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return answer


def _asked(*, page_size: int) -> ListSuppressionsRequest:
    """What the filters say; a value that no list offers asks for everything."""
    reason, channel = request.args.get("reason", ""), request.args.get("channel", type=int)
    return ListSuppressionsRequest(
        page_size=page_size,
        reason=reason if reason in SUPPRESSION_REASONS else "",
        channel=Channel.ValueType(channel) if channel in CHANNELS else CHANNEL_UNSPECIFIED,
    )


def _lines(asked: ListSuppressionsRequest) -> Iterator[str]:
    yield BOM + line([_("Reason"), _("Channel"), _("Since")])
    for answer in every_page(clients().suppressions.ListSuppressions, asked):
        for entry in answer.entries:
            channel = label(CHANNELS, entry.channel).text
            yield line([word(SUPPRESSION_REASONS, entry.reason), str(channel), moment(entry.create_time)])


@opens_with("Suppressions.LookUpSuppression", "Suppressions.ListSuppressionLookUps")
def check() -> ResponseReturnValue:
    """GET, POST /suppressions/check: is this address on the list? Nothing of it is kept."""
    form = CheckForm()
    problems: list[str] = []
    listed = _look_up(form, problems) if form.validate_on_submit() else None
    asked = ListSuppressionLookUpsRequest(page_size=_LOOKS)
    looks = clients().suppressions.ListSuppressionLookUps(asked).look_ups
    page = render_template(
        "suppressions/check.html",
        form=form,
        problems=problems,
        listed=listed,
        looks=looks,
        names=people.colleagues(look.actor for look in looks),
        reasons=LOOK_UP_REASONS,
    )
    return page, 400 if problems or form.errors else 200


def _look_up(form: CheckForm, problems: list[str]) -> bool | None:
    """What the list says; None if it says nothing, and then why."""
    asked = LookUpSuppressionRequest(
        request_id=form.request_id.data,
        address=Address(channel=form.channel.data, value=form.value.data),
        reason=form.reason.data,
    )
    try:
        listed: bool = clients().suppressions.LookUpSuppression(asked).suppressed
    except InvalidArgument as error:
        if error.reason != "ADDRESS_INVALID":
            raise
        form.value.errors = [_("This is no complete address or number of this channel.")]
    except ResourceExhausted as error:
        if error.reason != "TOO_MANY_LOOK_UPS":
            raise
        problems.append(_("You have looked up very many addresses within an hour. Please go on later."))
    else:
        # Whoever looks once more asks a new question.
        form.request_id.data = new_request_id()
        return listed
    return None


@opens_with("Suppressions.ListSuppressionLiftings")
def lifted() -> ResponseReturnValue:
    """GET /suppressions/lifted: what was taken off, by whom and on what ground."""
    asked = ListSuppressionLiftingsRequest(page_size=_PAGE, page_token=request.args.get("page_token", ""))
    answer = clients().suppressions.ListSuppressionLiftings(asked)
    return render_template(
        "suppressions/lifted.html",
        liftings=answer.liftings,
        contacts=people.by_id(each.contact_id for each in answer.liftings),
        **page_links("suppressions.lifted", answer.next_page_token),
    )


@opens_with("Suppressions.AddSuppression")
def create() -> ResponseReturnValue:
    """GET, POST /suppressions/new"""
    form = SuppressionForm()
    problems: list[str] = []
    if form.validate_on_submit():
        address = Address(channel=form.channel.data, value=form.value.data)
        try:
            entry = clients().suppressions.AddSuppression(
                AddSuppressionRequest(
                    request_id=form.request_id.data, address=address, reason=form.reason.data
                )
            )
        except InvalidArgument as error:
            if error.reason == "ADDRESS_INVALID":
                form.value.errors = [_("This is no complete address or number of this channel.")]
            else:
                problems = form.take_errors(error.violations) or [_("Please check what you entered.")]
            return render_template("suppressions/form.html", form=form, problems=problems), 400
        if entry.listed_before:
            text = _(
                "This address was on the list already, since %(moment)s: %(reason)s. Nothing was changed.",
                moment=moment(entry.create_time),
                reason=word(SUPPRESSION_REASONS, entry.reason),
            )
            flash(text, "message")
        else:
            flash(_("The address is suppressed. Only its keyed hash was stored."), "success")
        return redirect(url_for("suppressions.index"), code=303)
    return render_template("suppressions/form.html", form=form, problems=problems)


blueprint.add_url_rule("/suppressions", "index", index)


@opens_with("Suppressions.ImportSuppressions")
def take_over() -> ResponseReturnValue:
    """GET, POST /suppressions/import: a foreign list. Of the file nothing is kept, so the result is shown at once."""
    form = ImportForm()
    problems: list[str] = []
    result: Result | None = None
    if form.validate_on_submit():
        content = form.file.data.read(MAX_BYTES + 1)
        if not content.strip() or len(content) > MAX_BYTES:
            problems = [
                _("The file is too large. Please split it.") if content.strip() else _("The file is empty.")
            ]
        else:
            try:
                result = lists.take_over(content, form.channel.data)
            except lists.Unreadable:
                problems = [_("This is no list that can be read. Please save it as a CSV file in UTF-8.")]
    page = render_template("suppressions/import.html", form=form, problems=problems, result=result)
    return page, 400 if problems or form.errors else 200


blueprint.add_url_rule("/suppressions/import", "take_over", take_over, methods=["GET", "POST"])
blueprint.add_url_rule("/suppressions.csv", "export", export)
blueprint.add_url_rule("/suppressions/lifted", "lifted", lifted)
blueprint.add_url_rule("/suppressions/check", "check", check, methods=["GET", "POST"])
blueprint.add_url_rule("/suppressions/new", "create", create, methods=["GET", "POST"])
