"""The form that takes a file of contacts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField

from kernel.web.forms import Form
from kernel.web.options import options
from services.gateway.labels import COUNTRIES

# As in the contract: CreateImportRequest.content.
MAX_BYTES = 6 * 1024 * 1024


class UploadForm(Form):
    """A CSV file, and the country whose national phone numbers it holds."""

    file = FileField(_l("File"), validators=[FileRequired(_l("Please choose a file."))])
    country = SelectField(_l("Country of phone numbers without prefix"), choices=options(COUNTRIES.items()))
