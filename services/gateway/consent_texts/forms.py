"""The form of a draft: a text in German and in English, whether it changes what people agree to, and from when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from flask_babel import lazy_gettext as _l
from flask_babel import to_utc
from kontor.privacy.v1 import consent_texts_pb2 as wire
from wtforms import BooleanField, FormField, HiddenField, StringField, TextAreaField
from wtforms import Form as Part
from wtforms.validators import Optional, Regexp

from kernel.web.forms import Form, at_most, strip, strip_lines

LANGUAGES = {"de": _l("German"), "en": _l("English")}
_date = Regexp(r"^\d{4}-\d{2}-\d{2}$", message=_l("Please enter a date, for example 2026-12-31."))
_key = Regexp(
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    message=_l("Lower-case letters, digits and hyphens, for example trade-fairs."),
)
_PARTS = ("title", "text", "withdrawal_notice")


class TranslationPart(Part):  # type: ignore[misc]
    """One language. All three are needed, or none: an empty language is left out."""

    title = StringField(_l("Title"), filters=[strip], validators=[at_most(100)])
    text = TextAreaField(_l("What people agree to"), filters=[strip_lines], validators=[at_most(5000)])
    withdrawal_notice = TextAreaField(
        _l("Notice of the right to withdraw"), filters=[strip_lines], validators=[at_most(2000)]
    )


class DraftForm(Form):
    """A draft."""

    etag = HiddenField()
    topic = StringField(_l("Topic, as a key"), filters=[strip], validators=[at_most(40), _key])
    de = FormField(TranslationPart, label=LANGUAGES["de"])
    en = FormField(TranslationPart, label=LANGUAGES["en"])
    material = BooleanField(_l("It changes what people agree to"))
    effective_on = StringField(_l("Shown from"), filters=[strip], validators=[Optional(), _date])

    def check(self) -> bool:
        """Whether each language is whole or empty, one is there, and the day is one; says what is not."""
        given = {language: self._given(language) for language in LANGUAGES}
        for language, values in given.items():
            if values and len(values) < len(_PARTS):
                for name in _PARTS:
                    if name not in values:
                        field = getattr(getattr(self, language).form, name)
                        field.errors = [
                            *field.errors,
                            str(_l("Please fill in all of a language, or nothing.")),
                        ]
        if not any(given.values()):
            field = self.de.form.text
            field.errors = [*field.errors, str(_l("Please enter the text in one language at least."))]
        if self.effective_on.data and _day(self.effective_on.data) is None:
            self.effective_on.errors = [*self.effective_on.errors, str(_l("There is no such day."))]
        return (
            any(given.values())
            and not self.effective_on.errors
            and all(len(values) in (0, len(_PARTS)) for values in given.values())
        )

    def translations(self) -> list[wire.ConsentTranslation]:
        """The languages that were filled in."""
        given = {language: self._given(language) for language in LANGUAGES}
        return [wire.ConsentTranslation(language=name, **values) for name, values in given.items() if values]

    def effective_time(self) -> datetime | None:
        """The first moment of the day from which it is shown, where the reader is; None for at once."""
        day = _day(self.effective_on.data or "")
        return to_utc(datetime.combine(day, time.min)).replace(tzinfo=UTC) if day else None

    def _given(self, language: str) -> dict[str, str]:
        part = getattr(self, language).form
        return {name: getattr(part, name).data for name in _PARTS if getattr(part, name).data}


def values_of(translations: list[wire.ConsentTranslation]) -> dict[str, dict[str, str]]:
    """What the form shows of texts, by language."""
    return {each.language: {name: getattr(each, name) for name in _PARTS} for each in translations}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
