"""A person's way through every page of the portal, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.realm import PASSWORD

# All services work on a request; on a busy machine that takes its time.
_PATIENCE_MS = 120_000

# Called with the name of the page that is open now.
Look = Callable[[str], None]


@dataclass(frozen=True)
class Journey:
    """Who walks, where, and who looks at every page on the way."""

    page: Page
    portal: str
    mail_link: Callable[[str], str]
    look: Look

    def visit(self, email: str) -> None:
        """As a visitor: order the newsletter, confirm it, meet dead links, a wrong code and missing pages."""
        self._open("/", "welcome")
        self._open("/newsletter", "newsletter")
        self.page.fill("#email", "no address")
        self._press("newsletter with errors")
        self.page.fill("#email", email)
        self.page.check("input[name=topics] >> nth=0")
        self._press("newsletter sent")
        self._goto(self.mail_link(email))
        self.look("confirm")
        self._press("confirmed")
        self._goto(f"{self.portal}/newsletter/confirm/{'x' * 43}")
        self._press("unknown link")
        self._open("/u/unknown", "unsubscribe")
        self._press("unsubscribe, unknown link")
        self._open("/preferences/unknown", "preferences, unknown link")
        self._open(f"/identity/{'0' * 8}-0000-7000-8000-{'0' * 12}", "code from a mail")
        self.page.fill("#code", "K7QM-3XTD-9FWP")
        self._press("code from a mail, a wrong one")
        assert self.page.locator(".alert-danger").count() == 1
        self._open("/no-such-page", "not found")

    def ask_without_login(self, email: str, code_of: Callable[[str], tuple[str, str]]) -> None:
        """A right without an account: form, mail, code; a code that was used is refused."""
        self._open("/your-rights", "rights without a login")
        self._press("rights without a login, with errors")
        self.page.check("input[name=wish][value=access]")
        self.page.fill("#email", email)
        self._press("rights without a login, asked")
        link, code = code_of(email)
        for name, alerts in (("code of a right", 0), ("code of a right, used", 1)):
            self._goto(link)
            self.page.fill("#code", code.lower())
            self._press(name)
            assert self.page.locator(".alert-danger").count() == alerts

    def log_in(self, email: str) -> None:
        self._goto(f"{self.portal}/login")
        self._enter(email)
        self.look("home")

    def begin(self) -> None:
        """Nobody is known under the address, and logging in has not changed that; the visitor's word does."""
        self._open("/rights", "nothing held, at the rights")
        assert "nichts gespeichert" in self.page.inner_text("h1")
        self.page.click("main form .btn-primary")
        self.page.wait_for_url(f"{self.portal}/tickets/new")

    def take_up(self, link: str, email: str) -> None:
        """By the link that staff has sent, another login sees the same record."""
        self._goto(f"{self.portal}/invitation/{'x' * 43}")
        self.look("invitation, not logged in")
        self._goto(link)
        self.page.click("main .btn-primary")
        self._enter(email)
        self.look("invitation, logged in")
        self._press("invitation, taken up")
        assert "eingerichtet" in self.page.inner_text(".k-flash")
        self._goto(link)
        self._press("invitation, mine already")
        self._goto(f"{self.portal}/invitation/{'x' * 43}")
        self._press("invitation, unknown")

    def end_access(self) -> None:
        """See who sees, and end one of them."""
        self._open("/access", "who can see this")
        self.page.click("main .k-row-side a")
        self.look("end access")
        self._press("access ended")

    def converse(self) -> None:
        """Open a ticket and go on talking."""
        self._open("/tickets", "tickets, empty")
        self._open("/tickets/new", "new ticket")
        self._press("new ticket with errors")
        self.page.fill("#subject", "Das Regal wackelt")
        self.page.fill("#body", "Guten Tag,\nseit gestern wackelt das Regal.")
        self._press("ticket")
        self.page.fill("#body", "Es ist das große.")
        self._press("ticket, answered")
        self._open("/tickets", "tickets")
        self._open("/sessions", "own logins")

    def choose(self) -> None:
        """One click to receive, one click to stop."""
        self._open("/preferences", "preferences")
        for name in ("preferences, given", "preferences, withdrawn"):
            self.page.click("main .k-topic button >> nth=0")
            self.page.wait_for_load_state()
            self.look(name)

    def see_and_erase(self) -> None:
        """Everything that is held, a copy of it, and its end."""
        self._open("/rights", "rights")
        self.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        self.look("rights, opened")
        self._open("/rights", "rights again")
        self.page.click("aside form button[type=submit]")
        self.page.wait_for_selector("a[href$='document.pdf']", timeout=_PATIENCE_MS)
        self.look("copy")
        self._open("/rights/erasure", "erasure")
        self._press("plan")
        self.page.wait_for_selector(".btn-danger", timeout=_PATIENCE_MS)
        self.look("plan, shown")
        self.page.click(".btn-danger")
        self.page.wait_for_selector("a[href$='document.pdf']", timeout=_PATIENCE_MS)
        self.look("certificate")
        self._open("/", "home, erased")
        self._open("/tickets/new", "new ticket, erased")

    def _enter(self, email: str) -> None:
        self.page.fill("input[name=username]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(f"{self.portal}/**")

    def _open(self, path: str, name: str) -> None:
        self._goto(f"{self.portal}{path}")
        self.look(name)

    def _goto(self, url: str) -> None:
        self.page.goto(url)

    def _press(self, name: str) -> None:
        """Press the main button and look at what comes."""
        self.page.click("main form button[type=submit] >> nth=0")
        self.page.wait_for_load_state()
        self.look(name)
