"""Step 6: the customer asks for a copy and gets everything that all four holders have, as JSON and readable PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
from pypdf import PdfReader

from tests.e2e.browser import Browser, Page
from tests.e2e.check import holds, same, wait_for
from tests.e2e.running import BACK_ENDS
from tests.e2e.steps.s05_ticket import QUESTION, log_in
from tests.e2e.world import Counts, World

# Where Art. 15(1)(a) to (h) and (2) GDPR stand in the document; (d) is the retention of each kind of data.
ARTICLE_15 = (
    "purposes",
    "categories",
    "recipients",
    "retention",
    "rights",
    "authority",
    "sources",
    "automated_decisions",
    "transfers",
)


def run(world: World) -> Counts:
    with Browser() as browser:
        overview = log_in(browser, f"{world.portal}/rights", world.people.customer.email)
        request_url = overview.form(action="/rights/copy").submit().url
        page = wait_for(lambda: with_documents(browser, request_url), "the copy is ready", seconds=60)
        document = json.loads(download(page, ".json").content)
        pdf = download(page, ".pdf").content
    records = _check_document(world, document)
    pages = _check_pdf(world, pdf)
    return {"records": records, "json_keys": len(document), "pdf_pages": pages, "pdf_kb": len(pdf) // 1024}


def with_documents(browser: Browser, url: str) -> Page | None:
    """The page of a request, once it offers both documents: the file comes first, the one to read after it."""
    try:
        page = browser.get(url, status=None)
    except httpx.TransportError:
        return None
    if page.status != 200:
        return None
    endings = {PurePosixPath(urlsplit(link).path).suffix for link in page.links()}
    return page if {".json", ".pdf"} <= endings else None


def download(page: Page, ending: str) -> Page:
    """What the page's link of this ending leads to."""
    (link,) = (link for link in page.links() if urlsplit(link).path.endswith(ending))
    answer = page.browser.get(link)
    holds("attachment" in answer.headers.get("content-disposition", ""), "documents are downloads")
    return answer


def _check_document(world: World, document: dict[str, Any]) -> int:
    answered = {key for key, value in _walk(document) if value}
    for key in ARTICLE_15:
        holds(key in answered, f"the copy says nothing about {key!r} (Art. 15); it has {sorted(document)}")
    outside = [each for each in document["recipients"] if each["third_country"]]
    same(
        [t["name"] for t in document["transfers"]["to"]],
        [r["name"] for r in outside],
        "transfers of the copy",
    )
    checks = document["automated_decisions"]["checks"]
    holds(
        any(check["dataset"] == "permit_decision" for check in checks), "(h) names the check of every message"
    )
    records = document["records"]
    same({record["holder"] for record in records}, set(BACK_ENDS), "holders whose records are in the copy")
    values = {str(value) for _, value in _walk(records)}
    customer = world.people.customer
    for value in (customer.given, customer.family, customer.email, customer.phone_e164, QUESTION):
        holds(any(value in text for text in values), f"the copy lacks {value!r}")
    for record in records:
        holds(record["dataset"] and record["values"], "a record without dataset or values")
        for value in record["values"]:
            holds(
                value["category"] and value["purpose"] and value["basis"], f"{value['column']} is unexplained"
            )
    return len(records)


def _check_pdf(world: World, content: bytes) -> int:
    reader = PdfReader(io.BytesIO(content))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    customer = world.people.customer
    for value in (customer.given, customer.family, customer.email, customer.city, "Schlehentorte"):
        holds(value in text, f"the PDF cannot be read or lacks {value!r}")
    holds("Art. 15" in text or "Artikel 15" in text, "the PDF says what it is")
    return len(reader.pages)


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
