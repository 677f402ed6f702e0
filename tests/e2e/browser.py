"""A browser without a screen: cookies, redirects and forms as a person's browser handles them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from tests.e2e.check import Broken, same

_VOID = frozenset({"input", "br", "img", "link", "meta", "hr", "path", "source"})
_SILENT = frozenset({"script", "style", "title"})
_MOST_REDIRECTS = 10


@dataclass
class Field:
    """One input of a form. `ticked` is meant for boxes and radio buttons only."""

    name: str
    value: str
    kind: str
    ticked: bool = False


@dataclass
class Form:
    """A form of a page, filled in as it was served."""

    browser: Browser
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return any(entry.name == name for entry in self.fields)

    def value(self, name: str) -> str:
        return next(entry.value for entry in self.fields if entry.name == name)

    def choices(self, name: str) -> list[str]:
        """The values of boxes, radio buttons or options of this name."""
        return [entry.value for entry in self.fields if entry.name == name and entry.kind != "select"]

    def submit(self, **filled: str | list[str]) -> Page:
        """Send it with these fields filled in; boxes that are not named stay as they are."""
        return self.browser.send(self.method, self.action, self.filled(filled))

    def filled(self, changes: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
        """What would be sent. A field that the form does not have cannot be filled in."""
        data: dict[str, list[str]] = {}
        for entry in self.fields:
            boxed = entry.kind in {"checkbox", "radio", "option"}
            if entry.name not in changes and (entry.ticked or not boxed):
                data.setdefault(entry.name, []).append(entry.value)
        names = {entry.name for entry in self.fields}
        for name, value in changes.items():
            if name not in names:
                raise Broken(f"the form at {self.action} has no field {name!r}, only {sorted(names)}")
            data[name] = [value] if isinstance(value, str) else value
        return data


@dataclass
class Page:
    """What a request ended at."""

    browser: Browser
    url: str
    status: int
    headers: httpx.Headers
    content: bytes
    _forms: list[Form] | None = None
    _text: str = ""

    @property
    def location(self) -> str:
        """Where the page sends the browser, if it was told not to go there."""
        return str(self.headers.get("location", ""))

    @property
    def html(self) -> str:
        return self.content.decode()

    @property
    def text(self) -> str:
        """What a person reads, white space collapsed."""
        self._parse()
        return self._text

    @property
    def forms(self) -> list[Form]:
        self._parse()
        assert self._forms is not None
        return self._forms

    def form(self, *, action: str = "", field: str = "") -> Form:
        """The first POST form whose address ends with `action` and that has this field."""
        for form in self.forms:
            fits = urlsplit(form.action).path.endswith(action) and form.method == "POST"
            if fits and (not field or form.has(field)):
                return form
        raise Broken(f"{self.path} has no form {action!r} with {field!r}: {self.status} {self.text[:300]!r}")

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def links(self) -> list[str]:
        """All addresses that the page links to, absolute."""
        return [urljoin(self.url, link) for link in _Links(self.html).found]

    def _parse(self) -> None:
        if self._forms is None:
            parser = _Forms(self)
            parser.feed(self.html)
            self._forms, self._text = parser.forms, " ".join(" ".join(parser.words).split())


class Browser:
    """One person's browser. It stops in front of `stop_at` instead of following a redirect there."""

    def __init__(self, *, stop_at: str = "", language: str = "de") -> None:
        self._http = httpx.Client(timeout=20, headers={"Accept-Language": language})
        self._http.event_hooks = {"response": [self._trust_loopback]}
        self._stop_at = stop_at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, url: str, *, status: int | None = 200) -> Page:
        """Open an address; `status` is what its end must answer, None for whatever comes."""
        return self._follow(self._http.build_request("GET", url), status)

    def send(self, method: str, url: str, data: dict[str, list[str]], *, status: int | None = None) -> Page:
        """Send a form, with the origin that a browser would name."""
        parts = urlsplit(url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}"} if method == "POST" else {}
        body = {"data": data} if method == "POST" else {"params": data}
        return self._follow(self._http.build_request(method, url, headers=headers, **body), status)  # type: ignore[arg-type]

    def _trust_loopback(self, _response: httpx.Response) -> None:
        """Browsers take a loopback address for a secure place and send it cookies marked Secure."""
        for cookie in self._http.cookies.jar:
            cookie.secure = False

    def _follow(self, request: httpx.Request, status: int | None) -> Page:
        for _ in range(_MOST_REDIRECTS):
            answer = self._http.send(request)
            following = answer.next_request
            if following is None or (self._stop_at and str(following.url).startswith(self._stop_at)):
                break
            request = following
        else:
            raise Broken(f"more than {_MOST_REDIRECTS} redirects from {request.url}")
        page = Page(self, str(answer.url), answer.status_code, answer.headers, answer.content)
        if status is not None and answer.status_code != status:
            same(answer.status_code, status, f"{request.method} {page.path} ({page.text[:200]!r})")
        return page


class _Forms(HTMLParser):
    """Reads forms and words out of a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._page = page
        self._form: Form | None = None
        self._area: Field | None = None
        self._select = ""
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent = tag
        elif tag == "form":
            action = urljoin(self._page.url, values.get("action") or self._page.url)
            self._form = Form(self._page.browser, action, values.get("method", "get").upper())
            self.forms.append(self._form)
        elif self._form is not None:
            self._add(tag, values, self._form)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag == "form":
            self._form = None
        elif tag == "textarea" and self._area is not None:
            # The first line break after <textarea> is markup, not content.
            self._area.value = self._area.value.removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._choose_first()
            self._select = ""

    def _choose_first(self) -> None:
        """Where nothing is selected, a browser sends the first option."""
        options = [entry for entry in self._form.fields if entry.name == self._select] if self._form else []
        if options and not any(entry.ticked for entry in options):
            options[0].ticked = True

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data
        elif not self._silent:
            self.words.append(data)

    def _add(self, tag: str, values: dict[str, str], form: Form) -> None:
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.fields.append(Field(self._select, values.get("value", ""), "option", "selected" in values))
        elif tag == "textarea" and name:
            self._area = Field(name, "", "textarea")
            form.fields.append(self._area)
        elif tag == "input" and name and values.get("type") not in {"submit", "button", "file"}:
            boxed = values.get("type") in {"checkbox", "radio"}
            value = values.get("value", "on" if boxed else "")
            form.fields.append(Field(name, value, values.get("type", "text"), "checked" in values))


class _Links(HTMLParser):
    """Reads the links of a page or of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def links_of(html: str) -> Iterator[str]:
    """The addresses that a piece of HTML links to."""
    yield from _Links(html).found
