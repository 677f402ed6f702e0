"""Who may open which page: a mark on every view, enforced before any view runs."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """The rule of one view: open to all, or to whoever is logged in with one of `roles`."""

    public: bool
    roles: frozenset[str] = field(default_factory=frozenset)
    # Called by other machines: without form token and without an origin of ours.
    machines: bool = False
    # Asked by a page that is open, not by somebody who is at it.
    polled: bool = False


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    return _mark(view, Access(public=True))


def public_to_machines(view: View) -> View:
    """Mark a view that mail providers or the login provider POST to; it must bring its own proof."""
    return _mark(view, Access(public=True, machines=True))


def login_required(view: View) -> View:
    """Mark a view as open to anybody who is logged in."""
    return _mark(view, Access(public=False))


def roles_required(*roles: str) -> Callable[[View], View]:
    """Mark a view as open to those logged in who have at least one of these realm roles."""
    return lambda view: _mark(view, Access(public=False, roles=frozenset(roles)))


def polled(view: View) -> View:
    """Mark a view, above its other mark, as one that an open page asks again and again: that is no use of a login."""
    marked: Access = view._kontor_access  # type: ignore[attr-defined]
    return _mark(view, replace(marked, polled=True))


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The rule of an endpoint, None where somebody forgot it."""
    found = getattr(app.view_functions[endpoint], "_kontor_access", None)
    return found if isinstance(found, Access) else None


def enforce() -> ResponseReturnValue | None:
    """Refuse what the mark does not allow; a view without a mark is refused to all."""
    # Imported late: login registers marked views itself.
    from kernel.web.login import ask_to_log_in, current_login
    from kernel.web.polling import stop_asking

    if request.endpoint is None:
        return None
    rule = access_of(current_app, request.endpoint)
    if rule is None:
        raise RuntimeError(f"view {request.endpoint} has no access mark")
    if rule.public:
        return None
    login = current_login()
    if login is None:
        return stop_asking() if rule.polled and request.headers.get("HX-Request") else ask_to_log_in()
    if rule.roles and not rule.roles & login.roles:
        abort(403)
    return None


def _mark(view: View, access: Access) -> View:
    view._kontor_access = access  # type: ignore[attr-defined]
    return view
