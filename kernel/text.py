"""What of a text can be seen: characters that only steer others are taken out, and nothing visible is nothing."""

from __future__ import annotations

import re
import sys
import unicodedata

# Signs that Unicode calls format characters but that are drawn: Arabic, Syriac and Kaithi number signs.
_DRAWN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# They belong inside: joiners shape Persian words, Indic syllables and emoji; a soft hyphen says where a word may break.
_INSIDE = "\u00ad\u200c\u200d"
# A flag of a region is a black flag and its name in tags (UTS #51, emoji tag sequences).
_FLAG = "\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f"
_FORMAT = "".join(
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(character) == "Cf" and character not in _DRAWN and character not in _INSIDE
)
_HIDDEN = re.compile(f"({_FLAG})|[{re.escape(_FORMAT)}]")
# At the edge of a word or several in a row they join nothing.
_IDLE = re.compile(rf"(?<![^\s{_INSIDE}])[{_INSIDE}]+|[{_INSIDE}]+(?=[\s{_INSIDE}]|$)")
# Letters without a shape: fillers, joiners, selectors of a variant of nothing.
_SHAPELESS = re.compile(r"[\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\ufe00-\ufe0f\uffa0]+")


def visible(text: str) -> str:
    """The text without characters that are not seen and turn others round; empty if there is nothing to see.

    U+202E makes "gpj.exe" of "exe.jpg", and a name of zero-width spaces is a name that nobody can call.
    """
    if text.isascii():
        return text
    kept = _IDLE.sub("", _HIDDEN.sub(lambda found: found.group(1) or "", text))
    return "" if _SHAPELESS.fullmatch(kept) else kept
