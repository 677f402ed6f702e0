"""The plain mail with one link: who writes, why, what a click does, and what to do if it was not meant."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from services.campaigns.sender.mail import Mailbox


@dataclass(frozen=True, slots=True)
class Words:
    """What it says, in one language."""

    language: str
    subject: str
    hello: str
    why: str
    button: str
    otherwise: str


def bodies(words: Words, *, hello: str, link: str, sender: Mailbox) -> tuple[str, str]:
    """Text and HTML. `hello` is the greeting as it is to stand there."""
    # Whoever is asked to click must see who asks.
    signature = f"\n{sender.name}\n" if sender.name else ""
    text = f"{hello}\n\n{words.why}\n\n{link}\n\n{words.otherwise}\n{signature}"
    html = (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        f"<title>{escape(words.subject)}</title></head>"
        '<body style="font-family:sans-serif;font-size:16px;line-height:1.5">'
        f"<p>{escape(hello)}</p><p>{escape(words.why)}</p>"
        f'<p><a href="{escape(link)}">{escape(words.button)}</a></p>'
        f"<p>{escape(words.otherwise)}</p>{f'<p>{escape(sender.name)}</p>' if sender.name else ''}</body></html>\n"
    )
    return text, html
