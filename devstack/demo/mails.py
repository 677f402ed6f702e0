"""The house's mail templates, as MJML."""

from __future__ import annotations

from kontor.campaigns.v1.campaigns_pb2 import Template

_FRAME = """<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Georgia, 'Times New Roman', serif" />
      <mj-text font-size="16px" line-height="1.65" color="#2b2a27" padding="8px 32px" />
      <mj-button background-color="#7a4b2a" color="#ffffff" border-radius="4px" font-size="16px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f3efe8">
    <mj-section padding="28px 0 12px">
      <mj-column>
        <mj-text font-size="14px" letter-spacing="2px" color="#7a4b2a" align="center">MUSTERHAUS</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="24px 0">
      <mj-column>
{content}
      </mj-column>
    </mj-section>
    <mj-section padding="16px 0 32px">
      <mj-column>
        <mj-text font-size="13px" color="#6b665d" align="center">{footer}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
_FOOTER_DE = (
    "Musterhaus Wohnideen GmbH · Lindenallee 12 · 50668 Köln<br />"
    '<a href="{{ preferences_url }}">Themen wählen</a> · <a href="{{ unsubscribe_url }}">Abmelden</a>'
)
_FOOTER_EN = (
    "Musterhaus Wohnideen GmbH · Lindenallee 12 · 50668 Köln, Germany<br />"
    '<a href="{{ preferences_url }}">Choose topics</a> · <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
)


def _mail(*blocks: str, footer: str) -> str:
    content = "\n".join(f"        {block}" for block in blocks)
    return _FRAME.replace("{content}", content).replace("{footer}", footer)


def _head(text: str) -> str:
    return f'<mj-text font-size="28px" line-height="1.25">{text}</mj-text>'


def _text(text: str) -> str:
    return f"<mj-text>{text}</mj-text>"


NEWSLETTER = Template(
    name="Newsletter Advent",
    subject="Licht für lange Abende",
    language="de",
    mjml=_mail(
        _head("Licht für lange Abende"),
        _text("{{ salutation }},"),
        _text(
            "die Tage sind kurz, die Abende gehören dem Sofa. In dieser Ausgabe zeigen wir drei Leuchten aus "
            "mundgeblasenem Glas, sagen, welche Lampe zu welchem Tisch passt, und verraten, wie Eiche im "
            "Winter "
            "gepflegt werden will."
        ),
        _text(
            "<strong>Unser Rat:</strong> ein warmes Licht von der Seite statt eines hellen von oben. Das "
            "Auge dankt "
            "es."
        ),
        '<mj-button href="https://www.musterhaus.example/licht">Zu den Leuchten</mj-button>',
        _text("Herzliche Grüße aus Köln<br />Ihr Musterhaus"),
        footer=_FOOTER_DE,
    ),
)
INVITATION = Template(
    name="Einladung Werkstattabend",
    subject="Werkstattabend im Dezember: Sie sind eingeladen",
    language="de",
    mjml=_mail(
        _head("Ein Abend zwischen Hobel und Holz"),
        _text("{{ salutation }},"),
        _text(
            "am zweiten Donnerstag im Dezember öffnen wir um 18 Uhr unsere Werkstatt. Tischlermeisterin "
            "Brinkmann zeigt, "
            "wie "
            "aus einer Bohle ein Tisch wird. Dazu gibt es Suppe und Rotwein."
        ),
        _text("Die Plätze sind begrenzt. Eine kurze Antwort genügt."),
        '<mj-button href="https://www.musterhaus.example/werkstatt">Ich komme</mj-button>',
        footer=_FOOTER_DE,
    ),
)
ENGLISH = Template(
    name="Newsletter winter (English)",
    subject="Light for long evenings",
    language="en",
    mjml=_mail(
        _head("Light for long evenings"),
        _text("{{ salutation }},"),
        _text(
            "three lamps of mouth-blown glass, and how to look after oak in winter: this is our December "
            "issue."
        ),
        '<mj-button href="https://www.musterhaus.example/en/light">See the lamps</mj-button>',
        footer=_FOOTER_EN,
    ),
)
EVERY = (NEWSLETTER, INVITATION, ENGLISH)
