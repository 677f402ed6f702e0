"""The first texts of the three topics, in German and English."""

from __future__ import annotations

import hashlib
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Ids come out the same in every release, so that a text can be recognised across installations.
_NAMESPACE = uuid.UUID("6f6f6b16-54c4-5d7e-9a3c-0c0f5b7d3a11")

_NOTICE_DE = (
    "Sie können diese Einwilligung jederzeit mit Wirkung für die Zukunft widerrufen: über den Abmeldelink in jeder "
    "Nachricht, im Kundenportal oder formlos an uns. Die Rechtmäßigkeit der bis dahin erfolgten Verarbeitung bleibt "
    "davon unberührt (Art. 7 Abs. 3 DSGVO)."
)
_NOTICE_EN = (
    "You can withdraw this consent at any time with effect for the future: with the unsubscribe link in every "
    "message, in the customer portal, or by any message to us. Processing until then remains lawful (Art. 7(3) GDPR)."
)

_TEXTS = (
    (
        "newsletter",
        "de",
        "Newsletter",
        "Ich möchte den Newsletter mit Neuigkeiten zum Unternehmen und seinen Leistungen per E-Mail erhalten. Dafür "
        "wird meine E-Mail-Adresse verarbeitet. Ob ich Nachrichten öffne oder Links anklicke, wird nicht ausgewertet.",
        _NOTICE_DE,
    ),
    (
        "newsletter",
        "en",
        "Newsletter",
        "I would like to receive the newsletter with news about the company and its services by e-mail. My e-mail "
        "address is processed for this. Whether I open messages or follow links is not tracked.",
        _NOTICE_EN,
    ),
    (
        "events",
        "de",
        "Veranstaltungen",
        "Ich möchte Einladungen zu Veranstaltungen, Webinaren und Messen per E-Mail erhalten. Dafür wird meine "
        "E-Mail-Adresse verarbeitet. Ob ich Nachrichten öffne oder Links anklicke, wird nicht ausgewertet.",
        _NOTICE_DE,
    ),
    (
        "events",
        "en",
        "Events",
        "I would like to receive invitations to events, webinars and fairs by e-mail. My e-mail address is processed "
        "for this. Whether I open messages or follow links is not tracked.",
        _NOTICE_EN,
    ),
    (
        "offers",
        "de",
        "Angebote",
        "Ich möchte Angebote und Aktionen zu Produkten und Dienstleistungen des Unternehmens per E-Mail erhalten. "
        "Dafür wird meine E-Mail-Adresse verarbeitet. Ob ich Nachrichten öffne oder Links anklicke, wird nicht "
        "ausgewertet.",
        _NOTICE_DE,
    ),
    (
        "offers",
        "en",
        "Offers",
        "I would like to receive offers and promotions for the company's products and services by e-mail. My e-mail "
        "address is processed for this. Whether I open messages or follow links is not tracked.",
        _NOTICE_EN,
    ),
)


def upgrade() -> None:
    table = sa.table(
        "consent_text",
        sa.column("id", sa.Uuid),
        sa.column("topic", sa.Text),
        sa.column("language", sa.Text),
        sa.column("version", sa.Integer),
        sa.column("title", sa.Text),
        sa.column("text", sa.Text),
        sa.column("withdrawal_notice", sa.Text),
        sa.column("sha256", sa.LargeBinary),
    )
    op.bulk_insert(table, [_row(*entry) for entry in _TEXTS])


def _row(topic: str, language: str, title: str, text: str, notice: str) -> dict[str, object]:
    # Everything that was shown is hashed, in the order in which it was shown.
    shown = "\n\n".join((title, text, notice))
    return {
        "id": uuid.uuid5(_NAMESPACE, f"{topic}/{language}/1"),
        "topic": topic,
        "language": language,
        "version": 1,
        "title": title,
        "text": text,
        "withdrawal_notice": notice,
        "sha256": hashlib.sha256(shown.encode()).digest(),
    }
