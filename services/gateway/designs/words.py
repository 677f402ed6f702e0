"""What is wrong with a template, in words: the service names the mistake by a key, the page says it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from kernel.errors import InvalidArgument

MISTAKES = {
    "placeholder-unknown": _l("The placeholder “%(name)s” does not exist. The list below names all of them."),
    "placeholder-unreadable": _l("A placeholder cannot be read. Perhaps curly brackets are missing."),
    "placeholders-too-deep": _l("Conditions are nested too deeply."),
    "placeholders-unfillable": _l("The placeholders cannot be filled in."),
    "filter-unknown": _l("The filter “%(name)s” does not exist."),
    "tag-forbidden": _l("The command “%(name)s” is not allowed in a mail."),
    "mjml-unreadable": _l("The MJML cannot be read. Perhaps an element is misspelt or not closed."),
    "mjml-too-deep": _l("Elements are nested too deeply."),
    "mail-too-large": _l("The mail would be too large. Please shorten it."),
}


def mistake(error: InvalidArgument) -> dict[str, str]:
    """The field at fault and what is wrong with it; empty if the service names no mistake of a template."""
    known = MISTAKES.get(error.metadata.get("problem", ""))
    if known is None:
        return {}
    text = str(known) % {"name": error.metadata.get("name", "?")}
    if "line" in error.metadata:
        text = _("Line %(line)s: %(text)s", line=error.metadata["line"], text=text)
    return {error.metadata.get("field", "mjml"): text}
