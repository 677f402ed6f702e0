"""What Art. 20 GDPR lets a subject take along, as JSON, CSV and vCard.

Only what the subject has provided, and only what is processed on consent or contract: both are declared on the columns.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from kontor.privacy.v1 import holder_pb2

from kernel.spreadsheet import BOM, line
from services.privacy.requests.collecting import Held
from services.privacy.requests.model import Controller, Request
from services.privacy.requests.report import basis_key, category_key, purpose_key
from services.privacy.requests.vcard import vcard
from services.privacy.requests.wording import column_label, label, words

# Of docs/schemas/portability-1.json; another layout gets another number.
SCHEMA, VERSION = "urn:kontor:schema:portability:1", 1
_PORTABLE = frozenset({holder_pb2.BASIS_CONSENT, holder_pb2.BASIS_CONTRACT})
# Who has the subject's own record, and its dataset of roles in organisations.
_PEOPLE, _ROLES = "contacts", "relation"
# Columns of every CSV before those of the dataset.
_FRAME = ("id", "since", "source")


def portable_content(
    request: Request, held: Sequence[Held], controller: Controller, *, now: datetime
) -> dict[str, Any]:
    """The file for other programs; keys and names of fields are stable, titles are in the request's language."""
    return {
        "kind": "kontor-portability",
        "schema": SCHEMA,
        "version": VERSION,
        "language": request.language,
        "request": {
            "id": str(request.id),
            "received": request.received_at.isoformat(),
            "answered": now.isoformat(),
        },
        "subject": str(request.contact_id),
        "controller": {"name": controller.name, "address": controller.address, "email": controller.email},
        "datasets": [dataset for one in held for dataset in _datasets(request.language, one)],
    }


def portable_csv(content: dict[str, Any]) -> bytes:
    """A ZIP with one CSV for each dataset, and a text that explains the columns."""
    buffer = io.BytesIO()
    language = content["language"]
    made = datetime.fromisoformat(content["request"]["answered"]).timetuple()[:6]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, text: str) -> None:
            # Without a mode of its own a file is unreadable to its owner on some systems.
            entry = zipfile.ZipInfo(name, made)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (BOM + text).encode())

        put(words(language)["portability"]["readme_name"], _readme(content))
        for dataset in content["datasets"]:
            put(f"{dataset['holder']}-{dataset['name']}.csv", _csv(dataset))
    return buffer.getvalue()


def portable_vcard(content: dict[str, Any]) -> bytes:
    """The own record as a card; of somebody without one, a card with nothing but a number."""
    known = [dataset for dataset in content["datasets"] if dataset["holder"] == _PEOPLE]
    records = [(dataset["name"], record) for dataset in known for record in dataset["records"]]
    own = [record["values"] for _, record in records if record["id"] == content["subject"]]
    roles = [record["values"].get("role", "") for name, record in records if name == _ROLES]
    person: dict[str, str] = own[0] if own else {}
    return vcard(person, uid=uuid.UUID(content["subject"]), roles=roles)


def provided(value: holder_pb2.Value) -> bool:
    """Whether it can be taken along (Art. 20(1) GDPR)."""
    return value.provided and value.basis in _PORTABLE


def _datasets(language: str, held: Held) -> Iterable[dict[str, Any]]:
    found: dict[str, list[holder_pb2.Record]] = {}
    for record in held.records:
        if any(provided(value) for value in record.values):
            found.setdefault(record.dataset, []).append(record)
    for name, records in found.items():
        yield {
            "holder": held.holder,
            "name": name,
            "title": label(language, "datasets", name),
            "fields": _fields(language, name, records),
            "records": [_record(record) for record in records],
        }


def _fields(language: str, dataset: str, records: Iterable[holder_pb2.Record]) -> list[dict[str, str]]:
    """Every field that any record has, in the order of the columns as they first appear."""
    found = {value.column: value for record in records for value in record.values if provided(value)}
    return [
        {
            "name": name,
            "title": column_label(language, dataset, name),
            "category": category_key(value.category),
            "purpose": purpose_key(value.purpose),
            "basis": basis_key(value.basis),
        }
        for name, value in found.items()
    ]


def _record(record: holder_pb2.Record) -> dict[str, Any]:
    return {
        "id": record.record_id,
        "since": record.since.ToJsonString() if record.HasField("since") else None,
        "source": record.source,
        "values": {value.column: value.value for value in record.values if provided(value)},
    }


def _csv(dataset: dict[str, Any]) -> str:
    names = [field["name"] for field in dataset["fields"]]
    rows = [
        [record["id"], record["since"] or "", record["source"], *(record["values"].get(n, "") for n in names)]
        for record in dataset["records"]
    ]
    return "".join(line(cells) for cells in [[*_FRAME, *names], *rows])


def _readme(content: dict[str, Any]) -> str:
    text = words(content["language"])["portability"]
    parts = [text["title"], "", text["intro"]]
    if not content["datasets"]:
        parts += ["", text["nothing"]]
    for dataset in content["datasets"]:
        parts += ["", f"{dataset['holder']}-{dataset['name']}.csv: {dataset['title']}"]
        parts += [f"  {name}: {text[name]}" for name in _FRAME]
        parts += [f"  {field['name']}: {field['title']}" for field in dataset["fields"]]
    return "\r\n".join([*parts, ""])


def as_json(content: dict[str, Any]) -> bytes:
    """As it is handed out."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
