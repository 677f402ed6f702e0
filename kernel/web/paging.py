"""Lists that a page shows as a whole: all pages of them, up to a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Item = TypeVar("Item")

# Beyond this a list wants pages of its own; nobody reads ten thousand messages in one go.
MOST_PAGES = 50


def every_item(ask: Callable[[Any], Any], request: Any, items_of: Callable[[Any], list[Item]]) -> list[Item]:
    """The items of all pages: `ask` is the stub's method, `items_of` takes them out of an answer."""
    found: list[Item] = []
    for _ in range(MOST_PAGES):
        answer = ask(request)
        found += items_of(answer)
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    return found
