"""The cockpit of data protection, and the open requests of one band of days."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from services.gateway import people
from services.gateway.privacy.figures import BANDS, WITHOUT_DATE, band_of, figures, open_requests
from services.gateway.session import opens_with

blueprint = Blueprint("privacy", __name__)

# A manager sees everything here but who has looked at what.
_OPENS = ("Breaches.ListBreaches", "Registers.ListRegisterEntries", "Retention.PreviewRun")


@opens_with(*_OPENS)
def index() -> ResponseReturnValue:
    """GET /privacy: each number asks one service, and a service that is down costs its number only."""
    entries = open_requests()
    counts = Counter(band_of(entry) for entry in entries or [])
    bars = [
        (text, counts[name], url_for("privacy.requests", band=name))
        for name, text in _bands().items()
        if counts[name]
    ]
    return render_template(
        "privacy/index.html",
        total=len(entries) if entries is not None else None,
        bars=bars,
        figures=figures(),
    )


@opens_with(*_OPENS, "Requests.ListRequests")
def requests(band: str) -> ResponseReturnValue:
    """GET /privacy/requests/<band>: the rows behind a number."""
    text = _bands().get(band) or abort(404)
    found = open_requests()
    entries = [entry for entry in found or [] if band_of(entry) == band]
    return render_template(
        "privacy/requests.html",
        text=text,
        down=found is None,
        entries=entries,
        contacts=people.by_id(entry.request.contact_id for entry in entries),
    )


def _bands() -> dict[str, str]:
    return {
        **{name: str(text) for name, text, _first, _last in BANDS},
        WITHOUT_DATE: str(_("without a date yet")),
    }


blueprint.add_url_rule("/privacy", "index", index)
blueprint.add_url_rule("/privacy/requests/<band>", "requests", requests)
