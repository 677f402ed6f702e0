"""Runs axe-core in a page and says what it found, so that a test can fail with sentences."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "node_modules/axe-core/axe.min.js"
# WCAG 2.2 AA, which the European Accessibility Act asks for, and axe's own best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is sound need not be described, nor carried over here: that was most of the time it took.
_RUN = """async rules => {
  const result = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return result.violations.map(({id, help, nodes}) => ({
    id, help, places: nodes.slice(0, 3).map(node => node.html.slice(0, 120)),
  }));
}"""


def violations(page: Page) -> list[str]:
    """One line for each rule that the page breaks, with the first places."""
    if page.evaluate("!window.axe"):
        # Through the protocol and not as a script tag: the page's policy would refuse that.
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN, RULES)
    return [f"{each['id']}: {each['help']} — {each['places']}" for each in found]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window; more than 0 means scrolling sideways."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, width)
