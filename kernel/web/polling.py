"""Parts of a page that ask again by themselves until something has happened."""

from datetime import UTC, datetime

from flask import Flask, Response
from google.protobuf.timestamp_pb2 import Timestamp

_SHORTEST_S = 2
_LONGEST_S = 30
# Whoever has waited a minute does not mind six seconds more.
_SHARE = 10
# What htmx takes as the end of a repetition.
_STOP = 286


def install(app: Flask) -> None:
    """Give templates `asks_again`; the element carries `data-polled`, too, and its view is marked `polled`."""
    app.jinja_env.globals["asks_again"] = asks_again


def asks_again(since: Timestamp) -> str:
    """The `hx-trigger` of a part that has waited since then: each answer brings its own, with a longer pause."""
    waited_s = (datetime.now(UTC) - since.ToDatetime(tzinfo=UTC)).total_seconds()
    pause_s = min(max(round(waited_s / _SHARE), _SHORTEST_S), _LONGEST_S)
    # Nothing is asked while the page is hidden (kontor.js); who comes back to it sees at once what is new.
    return f"every {pause_s}s, visibilitychange from:document"


def stop_asking() -> Response:
    """The answer once the login has ended.

    A way to the login would be followed by the page and not by a person, and the provider, whose own session may
    still run, would let it in again and again.
    """
    return Response(status=_STOP, headers={"HX-Reswap": "none"})
