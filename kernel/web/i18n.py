"""Language and region: which one a visitor gets, and how dates and numbers look in it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import phonenumbers
from babel.dates import format_timedelta
from flask import Flask, request, session
from flask_babel import Babel, format_date, format_number, format_time, get_locale, to_user_timezone

from kernel.web.compile_translations import compile_stale
from kernel.web.config import WebSettings

LANGUAGES = ("de", "en")
_SHARED = Path(__file__).resolve().parent / "translations"


def install(app: Flask, settings: WebSettings, *, own: Path | None = None) -> None:
    """Set up Flask-Babel over the shared catalog and the service's own."""
    folders = [folder for folder in (_SHARED, own) if folder is not None and folder.is_dir()]
    for folder in folders:
        compile_stale(folder)
    Babel(
        app,
        default_locale=settings.default_language,
        default_translation_directories=";".join(str(folder) for folder in folders),
        default_timezone=settings.timezone,
        locale_selector=lambda: choose_language(settings.default_language),
    )
    app.before_request(_remember_choice)
    app.jinja_env.filters.update(day=day, iso_day=iso_day, moment=moment, ago=ago, number=number, phone=phone)
    app.jinja_env.globals.update(
        language=lambda: str(get_locale() or settings.default_language),
        other_languages=_other_languages,
    )


def choose_language(default: str) -> str:
    """`?lang` beats the remembered choice, which beats what the browser prefers."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    remembered = session.get("lang")
    if remembered in LANGUAGES:
        return str(remembered)
    return request.accept_languages.best_match(LANGUAGES) or default


def day(value: Any) -> str:
    """A calendar day, spelled out: 3. Mai 2026."""
    return str(format_date(_as_datetime(value), "long")) if _is_set(value) else "–"


def iso_day(value: str) -> str:
    """A day that came as text, 2026-05-03; empty stays a dash."""
    return day(date.fromisoformat(value)) if value else "–"


def moment(value: Any) -> str:
    """A day with its time: 03.05.2026, 14:12."""
    if not _is_set(value):
        return "–"
    stamp = _as_datetime(value)
    return f"{format_date(to_user_timezone(stamp), 'medium')}, {format_time(stamp, 'short')}"


def ago(value: Any) -> str:
    """How long ago or how far ahead: vor 3 Tagen."""
    if not _is_set(value):
        return "–"
    delta = _as_datetime(value) - datetime.now(UTC)
    return str(format_timedelta(delta, add_direction=True, locale=get_locale()))


def number(value: int | float) -> str:
    """A number with the separators of the language."""
    return str(format_number(value))


def phone(value: str) -> str:
    """A number in the groups in which people read it: +49 221 4710130; what is no number stays as it is."""
    try:
        return phonenumbers.format_number(
            phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    except phonenumbers.NumberParseException:
        return value


def _remember_choice() -> None:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session["lang"] = asked


def _other_languages() -> list[tuple[str, str, str]]:
    """Code, own name and address of this page in each other language."""
    names = {"de": "Deutsch", "en": "English"}
    current = str(get_locale())
    query = {key: value for key, value in request.args.items() if key != "lang"}
    # A page that answers only to POST has no address to come back to.
    path = request.path if request.method in {"GET", "HEAD"} else "/"
    return [
        (code, names[code], f"{path}?{urlencode({**query, 'lang': code})}")
        for code in LANGUAGES
        if code != current
    ]


def _is_set(value: Any) -> bool:
    """A protobuf Timestamp that nobody set reads as the epoch; that is not a date."""
    if hasattr(value, "seconds") and not isinstance(value, timedelta):
        return bool(value.seconds or value.nanos)
    return value is not None and value != ""


def _as_datetime(value: Any) -> datetime:
    if hasattr(value, "ToDatetime"):
        stamp: datetime = value.ToDatetime(tzinfo=UTC)
        return stamp
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        # Noon, so that no time zone of Europe turns it into the day before.
        return datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    raise TypeError(f"not a date: {type(value).__name__}")
