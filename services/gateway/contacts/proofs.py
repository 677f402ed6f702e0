"""What proves a consent, as files that are checked without us: one consent, and the whole ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Response, abort, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from kontor.privacy.v1 import consent_chains_pb2 as wire
from kontor.privacy.v1.consent_proofs_pb2 import CollectLedgerRequest

from kernel.errors import FailedPrecondition
from services.gateway.clients import clients
from services.gateway.session import opens_with

# More places than any tree will ever have, and few enough for every message.
MOST_PLACES = 10**15 - 1
FORMATS = {"pdf": wire.PAPER_FORMAT_PDF, "json": wire.PAPER_FORMAT_JSON}
# The ledger grows for years; a statement of the database gets no longer than that either.
_LEDGER_TIMEOUT_S = 55.0


@opens_with("ConsentChains.GetConsentPaper")
def proof(contact_id: uuid.UUID, consent_id: uuid.UUID, form: str) -> ResponseReturnValue:
    """GET /contacts/<id>/proofs/<consent>.<pdf|json>?head=: against the signed state of that size."""
    asked = wire.GetConsentPaperRequest(
        contact_id=str(contact_id),
        consent_id=str(consent_id),
        format=FORMATS.get(form) or abort(404),
        language=str(get_locale()),
        head_size=request.args.get("head", 0, type=tree_size),
    )
    try:
        return paper(clients().consent_chains.GetConsentPaper(asked))
    except FailedPrecondition as error:
        flash(_unproven(error.reason), "warning")
        return redirect(url_for("consents.detail", consent_id=consent_id))


@opens_with("ConsentProofs.CollectLedger")
def ledger() -> Response:
    """GET /contacts/consents.jsonl: the ledger for `verify_consents`; a file that broke off lacks its last line."""
    stream = clients().consent_proofs.CollectLedger(CollectLedgerRequest(), timeout=_LEDGER_TIMEOUT_S)
    parts: Iterator[bytes] = (part.lines for part in stream)
    return _file(stream_with_context(parts), "application/jsonl", "consents.jsonl")


def tree_size(text: str) -> int:
    """How many records a tree has. Errors: ValueError for a number that no message to a service can hold."""
    size = int(text)
    if not 0 <= size <= MOST_PLACES:
        raise ValueError(text)
    return size


def paper(made: wire.ConsentPaper) -> Response:
    """A proof as a download."""
    return _file(made.content, made.media_type, made.file_name)


def _unproven(reason: str) -> str:
    if reason == "NOT_YET_SIGNED":
        return str(_("This consent can be proven from the next signed state of the ledger on, within a day."))
    return str(_("No proof can be printed: a record no longer leads to what was signed."))


def _file(content: bytes | Iterator[bytes], media_type: str, name: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
