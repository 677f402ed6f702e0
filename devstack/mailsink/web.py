"""The page that shows the mails, and its JSON API."""

from dataclasses import asdict
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from devstack.mailsink.store import Mail, Store

PAGE_SIZE = 100
# A mail is a stranger's HTML: no script, nothing from the network, and links open elsewhere.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src data:; style-src 'unsafe-inline'"
)
_PAGE_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-src 'self'; form-action 'self'"


def create_app(store: Store) -> Flask:
    """The application over a store."""
    app = Flask(__name__)
    app.jinja_env.filters["decoded"] = decoded
    app.before_request(_refuse_foreign_hosts)
    app.after_request(_harden)
    _add_pages(app, store)
    _add_api(app, store)
    return app


def _add_pages(app: Flask, store: Store) -> None:
    @app.get("/")
    def show_list() -> ResponseReturnValue:
        recipient = request.args.get("recipient", "").strip()
        found = store.find(recipient=recipient)
        page = max(1, request.args.get("page", 1, type=int))
        shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        return render_template(
            "list.html", mails=shown, total=len(found), recipient=recipient, page=page, size=PAGE_SIZE
        )

    @app.get("/messages/<mail_id>")
    def show_mail(mail_id: str) -> ResponseReturnValue:
        mail = _get(store, mail_id)
        parsed = _parse(store, mail)
        tab = request.args.get("tab", "html" if parsed.get_body(("html",)) else "text")
        return render_template(
            "mail.html", mail=mail, tab=tab, headers=parsed.items(), text=_body(parsed, "plain"),
            source=store.text(mail).decode("utf-8", "replace"),
            attachments=[part.get_filename() or part.get_content_type() for part in parsed.iter_attachments()],
        )  # fmt: skip

    @app.get("/messages/<mail_id>/html")
    def show_html(mail_id: str) -> ResponseReturnValue:
        body = _body(_parse(store, _get(store, mail_id)), "html")
        response = Response('<base target="_blank">' + body, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _MAIL_POLICY
        return response


def _add_api(app: Flask, store: Store) -> None:
    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok", messages=len(store))

    @app.get("/api/messages")
    def list_messages() -> ResponseReturnValue:
        found = store.find(
            recipient=request.args.get("recipient", ""), message_id=request.args.get("message_id", "")
        )
        limit = request.args.get("limit", 1000, type=int)
        return jsonify(total=len(found), messages=[_as_json(mail) for mail in found[:limit]])

    @app.get("/api/messages/<mail_id>")
    def get_message(mail_id: str) -> ResponseReturnValue:
        mail = _get(store, mail_id)
        parsed = _parse(store, mail)
        return jsonify(
            **_as_json(mail),
            headers=[[name, str(value)] for name, value in parsed.items()],
            text=_body(parsed, "plain"),
            html=_body(parsed, "html"),
        )

    @app.get("/api/messages/<mail_id>/raw")
    def get_raw(mail_id: str) -> ResponseReturnValue:
        return Response(store.text(_get(store, mail_id)), mimetype="message/rfc822")

    @app.route("/api/accepted", methods=["GET", "POST"])
    def accepted() -> ResponseReturnValue:
        asked = request.args.getlist("message_id")
        if request.method == "POST":
            asked = [str(one) for one in (request.get_json() or {}).get("message_ids", [])]
        return jsonify(accepted=store.accepted(asked))

    @app.delete("/api/messages")
    def delete_messages() -> ResponseReturnValue:
        return jsonify(deleted=store.clear())


def decoded(header: str) -> str:
    """A header as people read it (RFC 2047); its raw text where it is malformed."""
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, ValueError):
        return header


def _get(store: Store, mail_id: str) -> Mail:
    return store.get(mail_id) or abort(404)


def _parse(store: Store, mail: Mail) -> EmailMessage:
    return message_from_bytes(store.text(mail), policy=policy.default)


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def _as_json(mail: Mail) -> dict[str, Any]:
    return {name: value for name, value in asdict(mail).items() if name != "offset"}


def _refuse_foreign_hosts() -> None:
    # A name that merely resolves to loopback is how a website would read this page (DNS rebinding).
    if request.host.rpartition(":")[0] not in {"127.0.0.1", "localhost", "[::1]"}:
        abort(403)


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
