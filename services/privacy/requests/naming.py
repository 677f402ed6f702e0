"""How the files are called that a person gets, and what kind of file each is."""

from __future__ import annotations

from kontor.privacy.v1 import privacy_pb2

from services.privacy.requests.model import Kind, Request

_MEDIA = {
    privacy_pb2.DOCUMENT_FORMAT_JSON: ("json", "application/json"),
    privacy_pb2.DOCUMENT_FORMAT_PDF: ("pdf", "application/pdf"),
    privacy_pb2.DOCUMENT_FORMAT_CSV: ("zip", "application/zip"),
    privacy_pb2.DOCUMENT_FORMAT_VCARD: ("vcf", "text/vcard"),
}
_NAMES = {
    (Kind.ACCESS, "de"): "auskunft",
    (Kind.ACCESS, "en"): "copy-of-your-data",
    (Kind.PORTABILITY, "de"): "daten-zum-mitnehmen",
    (Kind.PORTABILITY, "en"): "data-to-take-along",
    (Kind.ERASURE, "de"): "loeschbescheinigung",
    (Kind.ERASURE, "en"): "certificate-of-erasure",
}


def named(request: Request, format: int) -> tuple[str, str]:
    """File name and media type of an answer."""
    ending, media_type = _MEDIA[privacy_pb2.DocumentFormat.ValueType(format)]
    name = _NAMES[request.kind, request.language]
    return f"{name}-{request.received_at:%Y-%m-%d}.{ending}", media_type
