"""What a mail to an existing customer says beside its content: why it comes, and how to stop it (§ 7(3) No. 4 UWG)."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from services.campaigns.templates.model import Rendered

# Clearly, at every use: in the words of the law, and not left to whoever writes templates.
_WORDS = {
    "de": (
        "Sie erhalten diese E-Mail, weil Sie bei uns gekauft haben. Sie können der Verwendung Ihrer E-Mail-Adresse für "
        "Werbung jederzeit widersprechen, ohne dass hierfür andere als die Übermittlungskosten nach den Basistarifen "
        "entstehen.",
        "Werbung widersprechen",
    ),
    "en": (
        "You get this e-mail because you have bought from us. You may object to the use of your e-mail address for "
        "advertising at any time, without any costs other than the transmission costs at the basic rates.",
        "Object to advertising",
    ),
}


def with_notice(mail: Rendered, *, language: str, objection_url: str) -> Rendered:
    """The same mail with the notice and a link that objects; at the end of both bodies."""
    notice, label = _WORDS[language]
    text = f"{mail.text.rstrip()}\n\n{notice}\n{label}: {objection_url}\n"
    footer = (
        '<p style="text-align:center;font-family:sans-serif;font-size:14px;line-height:1.4;padding:0 16px">'
        f'{escape(notice)} <a href="{escape(objection_url)}">{escape(label)}</a></p>'
    )
    head, end, tail = mail.html.rpartition("</body>")
    html = f"{head}{footer}{end}{tail}" if end else mail.html + footer
    return replace(mail, text=text, html=html)
