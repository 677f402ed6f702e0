"""Runs axe-core in a page and says what it found, so that a test can fail with sentences."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "node_modules/axe-core/axe.min.js"
# WCAG 2.2 AA, which the European Accessibility Act asks for, and axe's own best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """One line for each rule that the page breaks, with the first places."""
    if page.evaluate("!window.axe"):
        # Through the protocol and not as a script tag: the page's policy would refuse that.
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{found['id']}: {found['help']} — {[node['html'][:120] for node in found['nodes'][:3]]}"
        for found in result["violations"]
    ]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window; more than 0 means scrolling sideways."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, width)
