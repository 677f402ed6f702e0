"""Reads the text layer of a PDF that Typst wrote: glyph codes of the pages through their ToUnicode maps."""

import re
import zlib

_STREAM = re.compile(rb"/Length (\d+)\b.*?>>\s*stream\r?\n", re.S)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
# A code may be any byte, a bracket among them: parentheses that match stand as they are, other ones are escaped.
_PLAIN = rb"\\.|[^\\()]"
_INNER = rb"\((?:%b)*\)" % _PLAIN
_NESTED = rb"\((?:%b|%b)*\)" % (_PLAIN, _INNER)
_LITERAL = rb"\(((?:%b|%b)*)\)" % (_PLAIN, _NESTED)
_SHOWN = re.compile(rb"<([0-9A-Fa-f\s]+)>|" + _LITERAL, re.S)
_STRING = rb"(?:<[0-9A-Fa-f\s]*>|\((?:%b|%b)*\))" % (_PLAIN, _NESTED)
_TOKEN = re.compile(rb"/(\w+) [\d.]+ Tf|(\[(?:%b|[^\]\[(<])*\]\s*TJ|%b\s*Tj)" % (_STRING, _STRING), re.S)


def objects(pdf: bytes) -> dict[int, bytes]:
    """Every object's source by its number, object streams unpacked."""
    found = {
        int(number): body for number, body in re.findall(rb"(?<!\d)(\d+) 0 obj\b(.*?)\bendobj", pdf, re.S)
    }
    for body in list(found.values()):
        if b"/ObjStm" in body:
            count, first = (int(re.search(rb"/%s (\d+)" % key, body)[1]) for key in (b"N", b"First"))  # type: ignore[index]
            content = stream(body)
            head = [int(part) for part in content[:first].split()]
            starts = list(zip(head[::2], head[1::2], strict=True))[:count]
            for (number, start), following in zip(
                starts, [*starts[1:], (0, len(content) - first)], strict=True
            ):
                found[number] = content[first + start : first + following[1]]
    return found


def stream(body: bytes) -> bytes:
    head = _STREAM.search(body)
    if head is None:
        return b""
    # By its length: compressed data may itself end with what looks like the line end before "endstream".
    raw = body[head.end() : head.end() + int(head[1])]
    return zlib.decompress(raw) if b"FlateDecode" in body else raw


def text_of(pdf: bytes) -> str:
    """All text, page by page, without spaces that were only positioned."""
    everything = objects(pdf)

    def target(body: bytes, key: bytes) -> bytes:
        found = re.search(rb"/%s (\d+) 0 R" % key, body)
        return everything[int(found[1])] if found else b""

    shown = []
    for page in everything.values():
        if not re.search(rb"/Type\s*/Page\b", page):
            continue
        # Each page names its fonts by itself: what is f0 here may be f1 there.
        named = re.findall(rb"/(f\d+) (\d+) 0 R", target(page, b"Resources"))
        fonts = {
            name: _unicode_map(stream(target(everything[int(number)], b"ToUnicode")))
            for name, number in named
        }
        shown.append(_shown(stream(target(page, b"Contents")), fonts))
    return "\n".join(shown)


def _unicode_map(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in _PAIR.findall(block):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for offset in range(int(high, 16) - int(low, 16) + 1):
                found[int(low, 16) + offset] = chr(int(text, 16) + offset)
    return found


def _shown(page: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    parts: list[str] = []
    current: dict[int, str] = {}
    for token in _TOKEN.finditer(page):
        if token[1]:
            current = fonts.get(token[1], {})
            continue
        for hexadecimal, literal in _SHOWN.findall(token[2]):
            raw = bytes.fromhex(hexadecimal.decode()) if hexadecimal else _unescaped(literal)
            codes = [int.from_bytes(raw[i : i + 2]) for i in range(0, len(raw), 2)]
            parts.append("".join(current.get(code, "") for code in codes))
    return "".join(parts)


def _unescaped(literal: bytes) -> bytes:
    names = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(found: re.Match[bytes]) -> bytes:
        escaped = found[1]
        return bytes([int(escaped, 8)]) if escaped.isdigit() else names.get(escaped, escaped)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, literal, flags=re.S)
