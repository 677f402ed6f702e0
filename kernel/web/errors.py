"""Turns whatever went wrong into a page: what happened, what was kept, what to do."""

from dataclasses import dataclass

import grpc
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from kernel.errors import DomainError, from_rpc_error
from kernel.telemetry import get_logger, place_of
from kernel.web.login import ask_to_log_in, current_login
from kernel.web.provider import LoginRefused, ProviderUnavailable
from kernel.web.trace import reference

_log = get_logger(__name__)

_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 503,
}


@dataclass(frozen=True)
class Explanation:
    """The three things that an error page owes its reader."""

    status: int
    icon: str
    title: str
    happened: str
    kept: str
    do: str


def install(app: Flask) -> None:
    """Register a page for every kind of failure."""
    app.register_error_handler(grpc.RpcError, _rpc_error)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, lambda error: _page(explain(419)))
    app.register_error_handler(ProviderUnavailable, lambda error: _page(_provider_down()))
    app.register_error_handler(LoginRefused, _login_refused)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def http_status(error: DomainError) -> int:
    """The HTTP status that says the same as the gRPC code."""
    return _HTTP.get(error.code, 500)


def explain(status: int) -> Explanation:
    """The words for one HTTP status."""
    nothing = _("Nothing was changed.")
    table = {
        400: ("forms", _("This request was not complete"),
              _("Something that we need was missing or not valid."), nothing,
              _("Please go back, check what you entered and send it again.")),
        403: ("lock", _("This is not open to you"),
              _("Your account does not have the right to see or do this."), nothing,
              _("If you think you should, please ask the person responsible for you.")),
        404: ("map-off", _("We cannot find this page"),
              _("The address is wrong, or what it showed is no longer there."), nothing,
              _("Please check the address or start again from the home page.")),
        405: ("map-off", _("This page cannot be opened like that"),
              _("The address exists, but not for a direct visit."), nothing,
              _("Please start again from the home page.")),
        409: ("arrows-exchange", _("Somebody was faster"),
              _("What you wanted to change has changed in the meantime."),
              _("The other change was kept. Yours was not saved."),
              _("Please open the page again and repeat your change.")),
        413: ("file-alert", _("This is too large"),
              _("The text or file exceeds what we can take at once."), nothing,
              _("Please send less at once.")),
        419: ("clock-pause", _("This page had been open for too long"),
              _("For your safety a form is valid only for a limited time."), nothing,
              _("Please go back, reload the page and send it again.")),
        429: ("hourglass", _("That was too much at once"),
              _("We have received too many requests in a short time."), nothing,
              _("Please wait a minute and try again.")),
        503: ("plug-connected-x", _("We cannot reach this right now"),
              _("A part of our system does not answer at the moment."),
              _("Everything you sent earlier is stored safely. The last step may be missing."),
              _("Please try again in a few minutes.")),
    }  # fmt: skip
    if status in table:
        return Explanation(status, *table[status])
    return Explanation(
        status, "alert-triangle", _("Something went wrong on our side"),
        _("An unexpected error occurred. It has been recorded."),
        _("Everything you sent earlier is stored safely. The last step may be missing."),
        _("Please try again. If it happens again, tell us the reference below."),
    )  # fmt: skip


def _rpc_error(error: grpc.RpcError) -> ResponseReturnValue:
    return _domain_error(from_rpc_error(error))


def _domain_error(error: DomainError) -> ResponseReturnValue:
    if error.code is grpc.StatusCode.UNAUTHENTICATED:
        return ask_to_log_in()
    status = http_status(error)
    if status >= 500:
        # Reason and metadata hold keys, ids and numbers only (kernel.errors).
        _log.warning("a call failed", reason=error.reason, reference=reference())
    return _page(explain(status), detail=error.metadata.get("reference", ""))


def _login_refused(error: LoginRefused) -> ResponseReturnValue:
    _log.warning("login refused", reason=str(error), reference=reference())
    return _page(Explanation(
        400, "user-x", _("The login did not work"),
        _("The login page sent an answer that we could not accept. This happens when the "
          "login took very long or was opened twice."),
        _("You are not logged in. Nothing was changed."),
        _("Please log in again."),
    ))  # fmt: skip


def _provider_down() -> Explanation:
    return Explanation(
        503, "plug-connected-x", _("Logging in is not possible right now"),
        _("The service that checks logins does not answer."),
        _("Nothing is lost: everything you sent earlier is stored safely."),
        _("Please try again in a few minutes. Pages without login work as usual."),
    )  # fmt: skip


def _database_down(error: OperationalError) -> ResponseReturnValue:
    _log.error("the session database failed", error=type(error.orig).__name__, reference=reference())
    return _page(explain(503))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _page(explain(error.code))


def _unexpected(error: Exception) -> ResponseReturnValue:
    _log.error("unexpected error", reference=reference(), **place_of(error))
    return _page(explain(500))


def _page(explanation: Explanation, *, detail: str = "") -> ResponseReturnValue:
    _settle_login()
    fragment = bool(request.headers.get("HX-Request"))
    template = "chrome/error_fragment.html" if fragment else "chrome/error.html"
    html = render_template(
        template, error=explanation, reference=detail or reference(), status=explanation.status
    )
    return html, explanation.status


def _settle_login() -> None:
    """Whose menu the page shows; what failed once must not fail the error page too."""
    if "login" not in g:
        try:
            current_login()
        except (SQLAlchemyError, ProviderUnavailable):
            g.login = None
