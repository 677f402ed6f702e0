"""Static files: one content hash for the tree, immutable for a year, gzip where it pays."""

import gzip
import hashlib
import mimetypes
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request
from markupsafe import Markup

from kernel.web.access import public

_SHARED = Path(__file__).resolve().parent / "static"
_COMPRESSIBLE = {"text/css", "text/javascript", "application/json", "image/svg+xml"}
_YEAR = 31536000

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


def install(app: Flask, *, own: Path | None = None) -> None:
    """Serve `/static/<hash>/…` from the shared tree and the service's own."""
    roots = tuple(root for root in (own, _SHARED) if root is not None and root.is_dir())

    @public
    def static_file(release: str, path: str) -> Response:
        found = _find(roots, path)
        if found is None:
            abort(404)
        return _answer(found, immutable=release == tree_hash(roots))

    app.add_url_rule("/static/<release>/<path:path>", "static_file", static_file)
    app.jinja_env.globals["asset"] = lambda path: f"/static/{tree_hash(roots)}/{path}"
    app.jinja_env.globals["icon"] = icon


@lru_cache(maxsize=1024)
def icon(name: str, extra: str = "") -> Markup:
    """One Tabler icon, inline so that it takes the colour of its text."""
    if not all(part.isalnum() for part in name.split("-")):
        raise ValueError(f"not an icon name: {name}")
    file = _SHARED / "vendor" / "icons" / f"{name}.svg"
    if not file.is_file():
        # Without `npm ci` a page must still be readable: its text says everything.
        return Markup("")
    body = file.read_text(encoding="utf-8").split(">", 1)[1]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="icon {}" width="24" height="24" '
        'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}'
    ).format(extra, Markup(body))  # noqa: S704 - a file of ours, never input


@cache
def tree_hash(roots: tuple[Path, ...]) -> str:
    """Twelve hex digits that change whenever any static file changes."""
    digest = hashlib.sha256()
    for root in roots:
        for file in sorted(root.rglob("*")):
            # Icons are inlined, and there are thousands of them.
            if file.is_file() and file.parent.name != "icons":
                digest.update(str(file.relative_to(root)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _find(roots: tuple[Path, ...], path: str) -> Path | None:
    for root in roots:
        candidate = (root / path).resolve()
        if candidate.is_relative_to(root.resolve()) and candidate.is_file():
            return candidate
    return None


def _answer(file: Path, *, immutable: bool) -> Response:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    stamp = file.stat().st_mtime_ns
    if kind in _COMPRESSIBLE and request.accept_encodings.best_match(["gzip"]):
        response = Response(_gzipped(file, stamp), mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(file.read_bytes(), mimetype=kind)
    response.headers["Vary"] = "Accept-Encoding"
    # A page of the previous release may still ask under its old hash: it gets the
    # file, but nobody may remember today's content under yesterday's name.
    response.headers["Cache-Control"] = (
        f"public, max-age={_YEAR}, immutable" if immutable else "public, no-cache"
    )
    return response


@lru_cache(maxsize=64)
def _gzipped(file: Path, stamp: int) -> bytes:
    del stamp  # only part of the key: an edited file is compressed anew
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)
