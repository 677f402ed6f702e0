"""What was typed when a login ended: shown again, to be sent once more after logging in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

# Names and shapes of what a page put into a form itself; nobody has typed it.
_MACHINERY = frozenset({"csrf_token", "request_id", "etag"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it came, and what of it a person has written."""

    address: str
    fields: list[tuple[str, str]]
    written: list[str]
    has_files: bool


def kept_page(login_url: str) -> ResponseReturnValue:
    """401 with the form of this request, which has passed the checks of origin and form token."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    written = [value for name, value in fields if name not in _MACHINERY and _is_written(value)]
    has_files = any(file.filename for file in request.files.values())
    kept = Kept(request.full_path.rstrip("?"), fields, written, has_files)
    return render_template("chrome/kept.html", kept=kept, login_url=login_url), 401


def _is_written(value: str) -> bool:
    return bool(value.strip()) and not _UUID.fullmatch(value)
