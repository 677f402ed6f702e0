"""Lists of several pages: all pages of them, and the links from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from flask import request as visited
from flask import url_for

Item = TypeVar("Item")

# Beyond this a list wants pages of its own; nobody reads ten thousand messages in one go.
MOST_PAGES = 50


def every_page(ask: Callable[[Any], Any], request: Any) -> Iterator[Any]:
    """The answers one by one, however many there are: for files, which must not end early."""
    while True:
        answer = ask(request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def every_item(ask: Callable[[Any], Any], request: Any, items_of: Callable[[Any], list[Item]]) -> list[Item]:
    """The items of all pages: `ask` is the stub's method, `items_of` takes them out of an answer."""
    return [item for answer in islice(every_page(ask, request), MOST_PAGES) for item in items_of(answer)]


def page_links(endpoint: str, next_page_token: str, **here: Any) -> dict[str, str]:
    """The links of `ui.pages`: on to the next page, and back to the first one; empty where there is none.

    `here` is what else the address of the list says; what is None is left out.
    """
    return {
        "next_href": url_for(endpoint, **here, page_token=next_page_token) if next_page_token else "",
        "first_href": url_for(endpoint, **here) if visited.args.get("page_token") else "",
    }
