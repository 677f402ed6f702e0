"""Every page that a walk meets, seen in every look: wide and light, narrow and dark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from playwright.sync_api import ConsoleMessage, Page, ViewportSize

from tests.web import axe

Theme = Literal["light", "dark"]
# Colours do not depend on the width, nor the layout on the colours: two looks show all four.
LOOKS: tuple[tuple[Theme, int], ...] = (("light", 1440), ("dark", 390))
HEIGHT = 900
# A page that says "forbidden" or "not found" is reported by the browser as a failed load; that is its purpose.
_MEANT = "Failed to load resource: the server responded with a status of 4"
# The page hears of another theme when it is drawn next; then colours pass over, from the outer elements to the inner.
_DRAWN = """async () => {
  const next = () => new Promise(drawn => requestAnimationFrame(drawn));
  for (let still = 0, drawn = 0; still < 4 && drawn < 200; drawn++) {
    await next();
    still = document.getAnimations().length ? 0 : still + 1;
  }
}"""


@dataclass
class Findings:
    """What was wrong on any page, whatever it looked like."""

    found: list[str] = field(default_factory=list)
    pages: int = 0

    def check(self, page: Page, name: str) -> None:
        """A page of ours: sound in every look, with one heading, and no error."""
        self.look_at(page, name)
        if page.locator("h1").count() != 1:
            self.found.append(f"{name}: {page.locator('h1').count()} headings of the first order")
        if "Bei uns ist etwas schiefgegangen" in page.content():
            self.found.append(f"{name}: an error page")

    def look_at(self, page: Page, name: str) -> None:
        """Looks at the page in every look, and leaves it in the one in which the walk goes on."""
        self.pages += 1
        walked = cast(ViewportSize, page.viewport_size)
        for theme, width in sorted(LOOKS, key=lambda look: look[1] == walked["width"]):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.evaluate(_DRAWN)
            self._see(page, f"{theme} {width}, {name}")

    def hear(self, message: ConsoleMessage) -> None:
        """What the page complains about by itself."""
        if message.type == "error" and not message.text.startswith(_MEANT):
            self.found.append(f"console: {message.text}")

    def _see(self, page: Page, place: str) -> None:
        self.found += [f"{place}: {violation}" for violation in axe.violations(page)]
        if wide := axe.overflow(page):
            self.found.append(f"{place}: {wide} px too wide")
