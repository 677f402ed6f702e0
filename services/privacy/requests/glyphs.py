"""Which characters the fonts of the documents can show; every other one is replaced so that its absence is seen."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# What the fonts inside of Typst show in every weight that the templates use; a test prints all of it. Scripts whose
# letters need each other's shape (Arabic, Devanagari, Thai) are left out: half a word reads as another one.
SHOWN = (
    (0x0020, 0x007E), (0x00A0, 0x00AC), (0x00AE, 0x0377), (0x037A, 0x037F), (0x0384, 0x038A), (0x038C, 0x038C),
    (0x038E, 0x03A1), (0x03A3, 0x0482), (0x048A, 0x04FF), (0x0531, 0x0556), (0x0561, 0x0587), (0x05D0, 0x05EA),
    (0x10D0, 0x10FC), (0x1E00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45), (0x1F48, 0x1F4D), (0x1F50, 0x1F57),
    (0x1F5F, 0x1F7D), (0x1F80, 0x1FB4), (0x1FB6, 0x1FC4), (0x1FC6, 0x1FD3), (0x1FD6, 0x1FDB), (0x1FDD, 0x1FEF),
    (0x1FF2, 0x1FF4), (0x1FF6, 0x1FFE), (0x2000, 0x200A), (0x2010, 0x2027), (0x202F, 0x2040), (0x2042, 0x2042),
    (0x2044, 0x2052), (0x2054, 0x205F), (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20C0), (0x2100, 0x211E),
    (0x2126, 0x2126), (0x212A, 0x212B), (0x2153, 0x2184), (0x2190, 0x23FF), (0x2460, 0x2606), (0x2609, 0x262F),
    (0x2638, 0x268B), (0x2701, 0x2704), (0x270C, 0x2714), (0x2717, 0x2726), (0x2761, 0x277F), (0x2798, 0x27AF),
    (0x27B1, 0x2B73), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD),
)  # fmt: skip
# What stands before the code point of a character that is missing.
MARK = "□U+"
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_MISSING = re.compile("[^\t\n" + "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in SHOWN) + "]")


def printable(text: str) -> str:
    """The text with "□U+1F600" for what no font of ours shows; composed (NFC), because marks may have no glyph alone.

    A control character becomes visible this way, too, so nobody can hide one in a document.
    """
    composed = unicodedata.normalize("NFC", _BREAKS.sub("\n", text))
    return _MISSING.sub(lambda found: f"{MARK}{ord(found[0]):04X}", composed)


def printable_content(content: Any) -> Any:
    """The same for every text in a JSON value."""
    if isinstance(content, str):
        return printable(content)
    if isinstance(content, dict):
        return {key: printable_content(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [printable_content(value) for value in content]
    return content
