"""The form of an audience: a filter over contacts, and the topic whose consent it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _l
from kontor.campaigns.v1.campaigns_pb2 import Audience
from kontor.contacts.v1.contacts_pb2 import ContactFilter, Organisation
from wtforms import SelectField, StringField

from kernel.web.forms import Form, at_most, required, strip
from kernel.web.options import options
from services.gateway.labels import COUNTRIES, LANGUAGES, SOURCES


class AudienceForm(Form):
    """Empty fields do not restrict. An address is always needed, so that is no choice."""

    name = StringField(_l("Name"), filters=[strip], validators=[required, at_most(120)])
    topic = SelectField(_l("Topic"), choices=[], validators=[required])
    city = StringField(_l("City"), filters=[strip], validators=[at_most(100)])
    country = SelectField(_l("Country"), choices=options([("", _l("all")), *COUNTRIES.items()]))
    language = SelectField(_l("Language"), choices=options([("", _l("all")), *LANGUAGES.items()]))
    organisation_id = SelectField(
        _l("Organisation"), choices=options([("", _l("all"))]), validate_choice=False
    )
    source = SelectField(
        _l("Source"),
        choices=options(
            [("", _l("all")), *((key, text) for key, text in SOURCES.items() if key != "import")]
        ),
    )

    def offer(self, *, topics: Mapping[str, str], organisations: Iterable[Organisation]) -> None:
        """Set what the services know today."""
        self.topic.choices = options(topics.items())
        self.organisation_id.choices = options([("", _l("all")), *((o.id, o.name) for o in organisations)])

    def audience(self) -> Audience:
        """What was entered."""
        return Audience(
            name=self.name.data,
            topic=self.topic.data,
            filter=ContactFilter(
                city=self.city.data,
                country=self.country.data,
                language=self.language.data,
                organisation_id=self.organisation_id.data,
                source=self.source.data,
                with_email=True,
            ),
        )
