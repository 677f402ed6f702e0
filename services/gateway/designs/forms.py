"""The form of a mail template."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField

from kernel.web.forms import Form, at_most, line_breaks, required, strip
from kernel.web.options import options
from services.gateway.labels import LANGUAGES

_STARTER = """\
<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.6" color="#1c2b31" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f5f7f7">
    <mj-section background-color="#ffffff" padding="32px">
      <mj-column>
        <mj-text>{{ salutation }},</mj-text>
        <mj-text></mj-text>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="13px" color="#53646b">
          <a href="{{ preferences_url }}">CHOOSE</a> · <a href="{{ unsubscribe_url }}">STOP</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
# The links under a mail, in the language of its readers.
_LINKS = {"de": ("Themen wählen", "Abbestellen"), "en": ("Choose topics", "Unsubscribe")}


def starter(language: str) -> str:
    """What a new template begins with."""
    choose, stop = _LINKS.get(language, _LINKS["en"])
    return _STARTER.replace("CHOOSE", choose).replace("STOP", stop)


class TemplateForm(Form):
    """Name, subject and body; the limits are those of the contract."""

    name = StringField(_l("Name"), filters=[strip], validators=[required, at_most(120)])
    subject = StringField(_l("Subject"), filters=[strip], validators=[required, at_most(200)])
    language = SelectField(_l("Language"), choices=options(LANGUAGES.items()))
    mjml = TextAreaField(_l("Mail (MJML)"), filters=[line_breaks], validators=[required, at_most(200_000)])
